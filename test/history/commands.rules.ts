import type { StoredEvent } from '@uplift/contracts';
import { instanceStream } from '@uplift/contracts';
import type { Breach, Facts } from './facts';
import type { ClientAnswer, ClientOperation } from './run-history';

type Accepted = Extract<ClientAnswer, { kind: 'accepted' }>;
interface AcceptedOperation extends ClientOperation {
  readonly answer: Accepted;
}

/** I-01: what was acknowledged stands in the store where the answer said. */
export function isKept(facts: Facts): Breach[] {
  return acceptedOf(facts).flatMap(({ instanceId, key, command, commandId, answer }) => {
    const { revision, position } = answer;
    const event = facts.streams.get(instanceStream(instanceId))?.[revision];
    const place = `revision ${revision}, position ${position}`;
    const subject = `${instanceId} ${key}`;
    if (event?.position !== position) {
      return [{ subject, what: `${command} was acknowledged at ${place}, which is not its event` }];
    }
    const cause = event.metadata.$causationId;
    if (commandId === undefined || cause === commandId) return [];
    return [{ subject, what: `${command} was acknowledged with an event of ${cause} at ${place}` }];
  });
}

/** I-01: what was acknowledged before another command was sent stands before it in the stream. */
export function isInRealTimeOrder(facts: Facts): Breach[] {
  const { client = [] } = facts.history;
  const sent = groupBy(client, keyOf);
  const spans = [...groupBy(acceptedOf(facts), keyOf)].map(([key, repeats]) => ({
    key,
    instanceId: repeats[0].instanceId,
    revision: repeats[0].answer.revision,
    // Under whatever outcome.
    sentAt: Math.min(...(sent.get(key) ?? repeats).map(({ invokedAt }) => invokedAt)),
    acknowledgedAt: Math.min(...repeats.map(({ completedAt }) => completedAt)),
  }));
  return [...groupBy(spans, ({ instanceId }) => instanceId).values()].flatMap(outOfOrder);
}

interface Span {
  readonly key: string;
  readonly instanceId: string;
  readonly revision: number;
  readonly sentAt: number;
  readonly acknowledgedAt: number;
}

/** Of one instance. */
function outOfOrder(spans: readonly Span[]): Breach[] {
  const byRevision = [...spans].sort((one, other) => one.revision - other.revision);
  let latest: Span | undefined;
  return byRevision.flatMap((span): Breach[] => {
    const ahead = latest;
    if (ahead === undefined || span.sentAt > ahead.sentAt) latest = span;
    if (ahead === undefined || span.acknowledgedAt >= ahead.sentAt) return [];
    const what = `stands behind ${ahead.key}, which was sent after this was acknowledged`;
    return [{ subject: span.key, what }];
  });
}

/** I-02: a key has one answer, and no other key has the same. */
export function hasOneResult(facts: Facts): Breach[] {
  const accepted = acceptedOf(facts);
  const answers = [...groupBy(accepted, keyOf)].flatMap(([subject, repeats]) => {
    const found = [...new Set(repeats.map(({ answer }) => inWords(answer)))];
    return found.length === 1 ? [] : [{ subject, what: `different answers: ${found.join('; ')}` }];
  });
  const places = [
    ...groupBy(accepted, ({ instanceId, answer }) => `${instanceId} revision ${answer.revision}`),
  ].flatMap(([subject, operations]) => {
    const keys = [...new Set(operations.map(({ key }) => key))];
    return keys.length === 1 ? [] : [{ subject, what: `acknowledged to ${keys.join(' and ')}` }];
  });
  return [...answers, ...places];
}

function inWords({ upgradeId, revision, position }: Accepted): string {
  return `revision ${revision}, position ${position}, upgrade ${upgradeId}`;
}

/** I-02: an event is stored once, and a command leaves one append. */
export function isStoredOnce({ history: { store }, streams }: Facts): Breach[] {
  const twice = [...groupBy(store, ({ id }) => id)].flatMap(([id, events]) =>
    events.length === 1 ? [] : [{ subject: `event ${id}`, what: `stored ${events.length} times` }],
  );
  const appends = [...streams].flatMap(([subject, events]) => {
    const commands = events.filter(({ metadata }) => metadata.commandFingerprint !== undefined);
    return [...groupBy(commands, ({ metadata }) => metadata.$causationId)].flatMap(
      ([commandId, own]) =>
        isOneAppend(own) ? [] : [{ subject, what: twoAppends(commandId, own) }],
    );
  });
  return [...twice, ...appends];
}

/** Side by side, and none of them twice. */
function isOneAppend(events: readonly StoredEvent[]): boolean {
  const isWhole = events.every(
    ({ revision }, n) => n === 0 || revision === events[n - 1]!.revision + 1,
  );
  return isWhole && new Set(events.map(({ type }) => type)).size === events.length;
}

function twoAppends(commandId: string, events: readonly StoredEvent[]): string {
  const revisions = events.map(({ revision }) => revision).join(', ');
  return `command ${commandId} left events at revisions ${revisions}: more than one append`;
}

/** I-03: a command that was refused leaves no event in the stream of its instance, nor was it done before. */
export function leavesNothing({ history, streams, lost }: Facts): Breach[] {
  const { client = [], seenAt } = history;
  const gone = new Set(lost.map(({ metadata }) => metadata.$causationId));
  return [...groupBy(client, keyOf)].flatMap(([subject, repeats]) => {
    const [{ instanceId, commandId, command }] = repeats;
    if (commandId === undefined || gone.has(commandId)) return [];
    const events = streams.get(instanceStream(instanceId)) ?? [];
    const left = events.find(({ metadata }) => metadata.$causationId === commandId);
    if (left === undefined) return [];
    const refusals = repeats.filter(({ answer }) => answer.kind === 'refused');
    const isByAnother = (each: ClientOperation) =>
      isOfAnotherSending(seenAt?.get(left.id), each, repeats);
    if (refusals.every(isByAnother)) return [];
    const what = `${command} was refused, and left ${left.type} at ${left.revision}`;
    return [{ subject, what: `${what}: ${toldOf(repeats, seenAt?.get(left.id))}` }];
  });
}

/**
 * A refusal speaks of the sending that it answers: one that was on its way then may arrive later, and be done; and one
 * that follows may be, where the refusal said so.
 */
function isOfAnotherSending(
  seenAt: number | undefined,
  refusal: ClientOperation,
  repeats: readonly ClientOperation[],
): boolean {
  if (seenAt === undefined || seenAt <= refusal.completedAt) return false;
  const isPassing = refusal.answer.kind === 'refused' && refusal.answer.isPassing === true;
  return repeats.some(({ answer, invokedAt }) =>
    isPassing
      ? answer.kind !== 'refused'
      : answer.kind === 'unknown' && invokedAt < refusal.completedAt,
  );
}

/** Each sending with its answer, in milliseconds by the clients' clock. */
function toldOf(repeats: readonly ClientOperation[], seenAt: number | undefined): string {
  const sendings = repeats.map(({ answer, invokedAt, completedAt }) => {
    const told = answer.kind === 'accepted' ? answer.kind : `${answer.kind} ${answer.code}`;
    return `${told} ${invokedAt.toFixed()} to ${completedAt.toFixed()}`;
  });
  return `${sendings.join(', ')}; seen at ${seenAt?.toFixed() ?? 'no known time'}`;
}

/** What was asked for before the store was put back, and was lost by that, is not looked for. */
function acceptedOf({ history: { client = [], restores = [] } }: Facts): AcceptedOperation[] {
  const lostAt = new Map<string, number>();
  for (const { at, lost } of restores) for (const event of lost) lostAt.set(placeOf(event), at);
  return client.filter(isAccepted).filter(({ instanceId, invokedAt, answer }) => {
    const { revision, position } = answer;
    const at = lostAt.get(placeOf({ stream: instanceStream(instanceId), revision, position }));
    return at === undefined || invokedAt >= at;
  });
}

function isAccepted(operation: ClientOperation): operation is AcceptedOperation {
  return operation.answer.kind === 'accepted';
}

function placeOf({
  stream,
  revision,
  position,
}: Pick<StoredEvent, 'stream' | 'revision' | 'position'>): string {
  return `${stream} ${revision} ${position}`;
}

/** A key is scoped to its instance. */
function keyOf({ instanceId, key }: Pick<ClientOperation, 'instanceId' | 'key'>): string {
  return `${instanceId} ${key}`;
}

type Group<T> = [T, ...T[]];

function groupBy<T>(items: Iterable<T>, nameOf: (item: T) => string): Map<string, Group<T>> {
  const groups = new Map<string, Group<T>>();
  for (const item of items) {
    const name = nameOf(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return groups;
}
