import { randomUUID } from 'node:crypto';
import type { StoredEvent } from '@uplift/contracts';
import { encodeEvent, EVENT_HEADERS } from '@uplift/contracts';
import type { Finding, InstanceSnapshot } from '@uplift/domain';
import { event } from '@uplift/domain/testing';
import {
  EventStoreUnavailableError,
  headOf,
  InstanceHistory,
  NO_STREAM,
} from '@uplift/event-store';
import { growHistory } from '@uplift/event-store/testing';
import { Audited, EPOCH } from '../testing/audited';
import type { AuditPass } from './audit-pass';

async function toTheEnd(pass: AuditPass): Promise<readonly Finding[]> {
  const found = new Map<string, Finding>();
  for (;;) {
    const { isAtEnd, faults } = await pass.step();
    expect(faults).toEqual([]);
    pass.tally.takeChanged().forEach((finding) => found.set(finding.findingId, finding));
    if (isAtEnd) return [...found.values()];
  }
}

function readsOf<T extends object>(of: T, name: keyof T & string, onRead: () => void): void {
  const real = of[name] as (...args: unknown[]) => unknown;
  const counted = (...args: unknown[]) => {
    onRead();
    return real.apply(of, args);
  };
  Object.assign(of, { [name]: counted });
}

const inShort = (findings: readonly Finding[]) =>
  findings.map(({ kind, subject, count }) => [kind, subject, count]);

describe('an audit of store and bus', () => {
  let audited: Audited;
  let a: string;
  let b: string;

  beforeEach(async () => {
    audited = new Audited();
    a = `instance-${randomUUID()}`;
    b = `instance-${randomUUID()}`;
    await audited.append(a, 3);
    await audited.append(b, 2);
  });

  const found = async (newest?: number) => inShort(await toTheEnd(audited.pass(newest)));

  it.each([undefined, 1, 3, 100])('finds nothing where all is well (%s)', async (newest) => {
    await audited.relay();
    expect(await found(newest)).toEqual([]);
  });

  it('finds nothing on a bus that is empty, or that the relay has not filled yet', async () => {
    await audited.connection.ensureTopology();
    expect(await found()).toEqual([]);
    await audited.relay();
    await audited.append(b);
    expect(await found()).toEqual([]);
  });

  it('finds nothing more on its way on, whatever the size of the pages', async () => {
    await audited.append(a, 700);
    await audited.relay();
    const pass = audited.pass();
    expect(await toTheEnd(pass)).toEqual([]);
    await audited.append(b, 300);
    expect(await toTheEnd(pass)).toEqual([]);
    await audited.relay();
    expect(await toTheEnd(pass)).toEqual([]);
  });

  it('shows between its reads that it goes on', async () => {
    const streams = Array.from({ length: 100 }, () => `instance-${randomUUID()}`);
    for (const stream of streams) await audited.append(stream);
    for (const stream of streams) await audited.append(stream);
    await audited.relay();
    const junk = { subject: 'uplift.evt.v1.instance.x.y', headers: {}, payload: Buffer.of() };
    for (let n = 0; n < 150; n += 1) await audited.send(junk);
    let reads = 0;
    let mostReads = 0;
    const read = () => void (mostReads = Math.max(mostReads, (reads += 1)));
    readsOf(audited.store, 'load', read);
    readsOf(audited.store, 'readAll', read);
    readsOf(audited.connection, 'messageAt', read);
    readsOf(audited.connection, 'messageFrom', read);

    await toTheEnd(audited.pass(95, () => (reads = 0)));

    // As many messages as are asked for at once, and what comes with them.
    expect(mostReads).toBeLessThan(75);
  });

  describe('of the store', () => {
    beforeEach(() => audited.relay());

    it('counts what other programs wrote, by the category of the stream', async () => {
      audited.store.putRaw('ops-test', 'Probe', { a: 1 });
      audited.store.putRaw('ops-other', 'Probe', { a: 1 });
      audited.store.putRaw('instance-nobody', 'Probe');
      expect(await found()).toEqual([
        ['foreign-events', 'ops', 2],
        ['foreign-events', 'instance', 1],
      ]);
    });

    it('bounds what other programs make up', async () => {
      for (let n = 0; n < 150; n += 1) audited.store.putRaw(`c${n}-x`, 'Probe');
      audited.store.putRaw(`${'\u0000\ud800'.repeat(500)}-x`, 'Probe');
      const findings = await toTheEnd(audited.pass());
      expect(findings).toHaveLength(101);
      expect(findings.at(-1)).toMatchObject({ subject: '(further ones)', count: 51 });
      expect(JSON.stringify(findings)).not.toMatch(/\\u0000|\\ud800/);
    });

    describe('with an instance that has snapshots', () => {
      const instanceId = randomUUID();
      const stream = `instance-${instanceId}`;
      const snapshots = async () =>
        (await audited.store.load(stream)).filter(({ type }) => type === 'InstanceSnapshotTaken');
      /** Behind the end, with the hash that it needs there. */
      const forge = async (changes: Partial<InstanceSnapshot>) => {
        const [taken] = await snapshots();
        const { data, type } = taken!;
        const { hash: _own, ...metadata } = taken!.metadata;
        const head = headOf(await audited.store.load(stream));
        const forged = { id: randomUUID(), type, metadata, data: { ...data, ...changes } };
        await audited.store.append(stream, head, [forged]);
      };

      beforeEach(async () => {
        const history = new InstanceHistory(audited.store, 'command-api', { snapshotEvery: 8 });
        const cause = { causationId: randomUUID(), step: 'register', correlationId: instanceId };
        const actor = { type: 'system', id: 'spec' } as const;
        const registered = [event('InstanceRegistered')];
        await history.append(instanceId, NO_STREAM, registered, { ...cause, actor });
        await growHistory(history, instanceId, { toLength: 60, reportsAtOnce: 1 });
      });

      it('finds nothing while they say what came before them', async () => {
        expect(await snapshots()).toHaveLength(6);
        await audited.relay();
        expect(await found()).toEqual([]);
        expect(await found(5)).toEqual([]);
      });

      it('finds one that says something else, and where it stands', async () => {
        await forge({ notesInARow: 7 });
        await audited.relay();
        const [finding, ...others] = await toTheEnd(audited.pass());
        expect(others).toEqual([]);
        const revision = 61;
        const evidence = { stream, revision, parts: 'state, commands, notesInARow' };
        expect(finding).toMatchObject({ kind: 'false-snapshot', subject: stream, evidence });
        expect(inShort(await toTheEnd(audited.pass(1)))).toEqual([['false-snapshot', stream, 1]]);
      });

      it('tells nothing twice where it cannot be read what came before', async () => {
        await forge({ notesInARow: 7 });
        audited.store.remove(stream, 'truncated');
        await audited.relay();
        expect(await found()).toEqual([['stream-gone', stream, 1]]);
      });

      it('looks again where the store does not answer', async () => {
        await forge({ notesInARow: 7 });
        await audited.relay();
        const real = audited.store.loadLast.bind(audited.store);
        let isAway = true;
        audited.store.loadLast = (...read) =>
          isAway ? Promise.reject(new EventStoreUnavailableError('away')) : real(...read);
        const pass = audited.pass();
        const { faults } = await pass.step();
        expect(faults).toEqual([new EventStoreUnavailableError('away')]);
        isAway = false;
        expect(inShort(await toTheEnd(pass))).toEqual([['false-snapshot', stream, 1]]);
      });
    });

    it('finds events that cannot be read', async () => {
      const [event] = await audited.store.load(a);
      const { metadata } = event!;
      audited.store.putRaw(a, 'CommandNoted', { command: 'x' });
      audited.store.putRaw(b, 'CommandNoted', { command: 'x' }, { ...metadata, schemaVersion: 2 });
      await audited.relay();
      expect(await found()).toEqual([
        ['unreadable-event', a, 1],
        ['broken-chain', b, 1],
        ['newer-version', 'instance.CommandNoted v2', 1],
      ]);
    });

    it('finds a broken chain once, and goes on behind it', async () => {
      await audited.store.append(a, { ...NO_STREAM, revision: 2 }, [
        {
          ...(await audited.event(0)),
          id: randomUUID(),
        },
      ]);
      await audited.append(a, 2);
      await audited.relay();
      expect(await found()).toEqual([['broken-chain', a, 1]]);
      expect(await found(1)).toEqual([]);
      expect(await found(4)).toEqual([['broken-chain', a, 1]]);
    });

    it.each([
      ['deleted', 2 ** 63],
      ['truncated', 2],
    ])('finds a stream of ours that was %s, and no other', async (_how, $tb) => {
      audited.store.putRaw(`$$${a}`, '$metadata', { $tb });
      audited.store.putRaw('$$ops-test', '$metadata', { $tb });
      expect(await found()).toEqual([['stream-gone', a, 1]]);
    });
  });

  describe('of the bus', () => {
    it('finds a forged, a deleted and a flipped message in one pass', async () => {
      await audited.relay();
      await audited.send({
        subject: 'uplift.evt.v1.instance.x.y',
        headers: {},
        payload: Buffer.of(),
      });
      await audited.append(b, 3);
      await audited.relay();
      audited.bus.remove(2);
      audited.bus.flip(8, (message) => ({
        ...message,
        payload: Buffer.from(JSON.stringify({ command: 'flipped' })),
      }));

      const findings = await toTheEnd(audited.pass());

      expect(inShort(findings)).toEqual([
        ['missing-message', `${EPOCH}/ordinal 2`, 1],
        ['forged-message', `${EPOCH}/message 6`, 1],
        ['bus-differs', `${EPOCH}/message 8`, 1],
      ]);
      expect(findings[2]?.detail).toContain('data');
    });

    it.each([
      ['made-up content', (event: StoredEvent) => ({ ...event, id: randomUUID(), revision: 3 })],
      ['what has its message already', (event: StoredEvent) => event],
    ])('finds a message with %s, in the words of the relay', async (_what, change) => {
      await audited.relay();
      const forged = change(await audited.event(0));
      await audited.send(encodeEvent(forged, { ordinal: 6, epoch: EPOCH }));
      await audited.append(b);
      await audited.relay();
      expect(await found()).toEqual([['forged-message', `${EPOCH}/message 6`, 1]]);
      expect(await found(2)).toEqual([['forged-message', `${EPOCH}/message 6`, 1]]);
    });

    it('finds a message of an epoch that is nobody’s', async () => {
      await audited.relay();
      await audited.send(encodeEvent(await audited.event(1), { ordinal: 1, epoch: randomUUID() }));
      await audited.append(b);
      await audited.relay();
      expect(await found()).toEqual([['forged-message', `${EPOCH}/message 6`, 1]]);
    });

    it.each([
      ['ordinal', { [EVENT_HEADERS.ordinal]: '9' }],
      ['metadata', { [EVENT_HEADERS.service]: 'somebody' }],
      ['data', {}],
    ])('finds a message whose %s was changed', async (part, headers) => {
      await audited.relay();
      audited.bus.flip(3, (message) => ({
        ...message,
        headers: { ...message.headers, ...headers },
        payload: part === 'data' ? Buffer.from('x') : message.payload,
      }));
      const findings = await toTheEnd(audited.pass());
      expect(findings[0]).toMatchObject({ kind: 'bus-differs', subject: `${EPOCH}/message 3` });
      expect(findings[0]?.detail).toContain(part);
    });

    it('tells a hole once, however long it is', async () => {
      await audited.append(a, 600);
      await audited.relay();
      for (let n = 3; n <= 603; n += 1) audited.bus.remove(n);
      expect(await found()).toEqual([['missing-message', `${EPOCH}/ordinal 3`, 601]]);
    });

    it('tells events that the store has lost from messages that somebody made up', async () => {
      await audited.relay();
      const other = new Audited();
      await other.append(a, 3);
      await other.append(b, 4);
      for (const n of [5, 6]) await audited.send(audited.messageOf(await other.event(n)));
      expect(await found()).toEqual([['store-diverged', EPOCH, 2]]);
      await audited.relayAnew();
      expect(await found()).toEqual([]);
    });

    it('goes on in the next epoch, in the same stream or in one that was filled anew', async () => {
      await audited.relay();
      const pass = audited.pass();
      expect(await toTheEnd(pass)).toEqual([]);
      await audited.relayAnew();
      expect(await toTheEnd(pass)).toEqual([]);
      audited.bus.wipe();
      await audited.append(b, 9);
      await audited.relayAnew();
      await audited.append(b, 9);
      await audited.relay();
      expect(await toTheEnd(pass)).toEqual([]);
      expect(await found(5)).toEqual([]);
    });

    it('goes on with the store while the bus is away', async () => {
      await audited.relay();
      audited.store.putRaw('ops-test', 'Probe');
      audited.connection.vanish();
      const pass = audited.pass();
      const { isAtEnd, faults } = await pass.step();
      expect({ isAtEnd, faults: faults.length }).toEqual({ isAtEnd: true, faults: 1 });
      expect(inShort(pass.tally.takeChanged())).toEqual([['foreign-events', 'ops', 1]]);
    });
  });
});
