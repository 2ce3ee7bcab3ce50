import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { StoredEvent } from '@uplift/contracts';
import type { CommandPage, InstanceSnapshot } from '@uplift/domain';
import canonicalize from 'canonicalize';
import type { Breach, Facts } from './facts';
import { untilForged } from './facts';

const NO_HASH = '0'.repeat(64);

/** I-05: every stream of an instance is a path that the lifecycle allows. */
export function isLegalPath({ instances }: Facts): Breach[] {
  return instances.flatMap(({ instanceId, fault }) => {
    if (fault === null) return [];
    const { type, revision } = fault.event;
    return [{ subject: instanceId, what: `revision ${revision}, ${type}: ${fault.why}` }];
  });
}

/** I-31: revisions without a gap, each event linked to the one before it, positions in order. */
export function isLinked({ streams, history: { store, forged = new Set() } }: Facts): Breach[] {
  const chains = [...streams].flatMap(([stream, events]) => {
    const what = chainFault(untilForged(events, forged));
    return what === null ? [] : [{ subject: stream, what }];
  });
  const isBack = (event: StoredEvent, n: number) =>
    event.position <= (store[n - 1]?.position ?? -1n);
  const back = store.filter(isBack).map(({ stream, revision, position }) => ({
    subject: stream,
    what: `revision ${revision} stands at position ${position}, not behind the event before it`,
  }));
  return [...chains, ...back];
}

function chainFault(events: readonly StoredEvent[]): string | null {
  let before = NO_HASH;
  for (const [expected, event] of events.entries()) {
    const { revision, metadata } = event;
    if (revision !== expected) return `revision ${revision} stands where ${expected} is due`;
    if (metadata.hash !== hashOf(before, event)) {
      return `revision ${revision} does not follow from the event before it`;
    }
    before = metadata.hash;
  }
  return null;
}

/**
 * I-02: each snapshot says what the events before it come to, and which command led to which of them. One without a
 * state holds the first of these commands, as a page that is closed.
 */
export function isTrueSnapshot({ instances }: Facts): Breach[] {
  return instances.flatMap(({ instanceId, steps }) => {
    const commands = new CommandList();
    return steps.flatMap(({ stored, event }, n) => {
      commands.add(stored);
      if (event.type !== 'InstanceSnapshotTaken') return [];
      const { state, commands: said } = event.data;
      const isPage = isDeepStrictEqual(state, {}) && said.closed && commands.beginsWith(said);
      const isWhole = isDeepStrictEqual(state, steps[n - 1]?.state) && commands.isTold(said);
      commands.turn(said, stored.revision);
      const what = `revision ${stored.revision} is a snapshot of something else`;
      return isPage || isWhole ? [] : [{ subject: instanceId, what }];
    });
  });
}

/** The commands of one stream, page by page, from its first event on. */
class CommandList {
  private page = '';
  private readonly earlier: number[] = [];

  add({ metadata, revision }: StoredEvent): void {
    if (metadata.commandFingerprint === undefined) return;
    const key = metadata.$causationId.slice(0, 8).replace(/[^0-9a-f]/g, '-');
    this.page += key + String(revision).padStart(8, '0');
  }

  isTold(said: CommandPage): boolean {
    return said.page === this.page && this.beginsWith(said);
  }

  beginsWith({ page, earlier }: CommandPage): boolean {
    return this.page.startsWith(page) && earlier.join() === this.earlier.join();
  }

  turn({ page, closed }: InstanceSnapshot['commands'], revision: number): void {
    if (!closed) return;
    this.earlier.push(revision);
    this.page = this.page.slice(page.length);
  }
}

/** As the audit page documents it, and not by the code that wrote the hash. */
function hashOf(previousHash: string, event: StoredEvent): string {
  const { data, id, metadata, revision, stream, type } = event;
  const { hash: _own, ...rest } = metadata;
  const text = canonicalize({ data, id, metadata: rest, previousHash, revision, stream, type });
  return createHash('sha256')
    .update(text ?? '', 'utf8')
    .digest('hex');
}
