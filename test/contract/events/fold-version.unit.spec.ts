import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { goldenEvents, instanceStream, UPCASTERS } from '@uplift/contracts';
import type { InFlightStatus, InstanceEvent, InstanceEventType } from '@uplift/domain';
import { evolve, fold, FOLD_VERSION, instanceDecider, isLegalIn, LIFECYCLE } from '@uplift/domain';
import { event, HISTORY_INTO, INSTANCE_ID } from '@uplift/domain/testing';
import type { StreamMemory } from '@uplift/event-store';
import { canonicalJson, InstanceHistory } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { VirtualClock } from '@uplift/runtime/testing';

const RECORDED = JSON.parse(readFileSync(join(__dirname, 'fold-checksums.json'), 'utf8')) as Record<
  string,
  Record<string, string | number>
>;

/** As it was stored first: golden files never change. */
function golden(type: InstanceEventType): InstanceEvent {
  const first = goldenEvents().find(({ file }) => file === `${type}.v1.json`);
  return { type, data: first?.stored.data } as InstanceEvent;
}

/** Of the states that an event leads to from each status of an upgrade, and from rest. */
function checksum(type: InstanceEventType): string {
  const histories = Object.keys(HISTORY_INTO).map(
    (status) => HISTORY_INTO[status as InFlightStatus],
  );
  const atRest = [event('InstanceRegistered')];
  const afterFailure = [...HISTORY_INTO['upgrade-running'], event('UpgradeFailed')];
  const states = [...histories, atRest, afterFailure].flatMap((history) => {
    const state = fold(instanceDecider, history);
    const isLegal = state.kind !== 'absent' && isLegalIn(state.status, type);
    return isLegal ? [evolve(state, golden(type))] : [];
  });
  return digest(states);
}

/** What is remembered beside the state after each event: of commands by people, by an early build, and by workers. */
async function memoryChecksum(): Promise<string> {
  const store = new InMemoryEventStore({ clock: new VirtualClock() });
  const history = new InstanceHistory(store, 'command-api', {
    snapshotEvery: 6,
    commandsPerPage: 4,
  });
  const stream = instanceStream(INSTANCE_ID);
  const memories: StreamMemory[] = [];
  const commandId = (n: number) => `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`;
  const writers = [
    { history, commandFingerprint: 'f'.repeat(64) },
    { history },
    { history: new InstanceHistory(store, 'stage-workers') },
  ];
  for (const [n, events] of REMEMBERED.entries()) {
    for (const { history: writer, ...fingerprint } of n === 0 ? writers.slice(0, 1) : writers) {
      const causationId = commandId(memories.length);
      const cause = { causationId, step: 's', correlationId: 'c', actor: ACTOR, ...fingerprint };
      await writer.streams.appendTo(stream, await history.load(INSTANCE_ID), events, cause);
      const { memory } = await history.load(INSTANCE_ID);
      memories.push(memory);
    }
  }
  expect(memories.at(-1)?.commands.earlier.length).toBeGreaterThan(1);
  return digest(memories);
}

function digest(value: object): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 16);
}

const ACTOR = { type: 'system', id: 'spec' } as const;
const NOTED = event('CommandNoted');
const REMEMBERED: readonly (readonly InstanceEvent[])[] = [
  [event('InstanceRegistered')],
  [event('HealthReported', { status: 'running-unhealthy' })],
  [NOTED],
  [event('HealthReported', { status: 'running-unresponsive' }), NOTED, NOTED],
  [event('InstanceDeregistered'), event('InstanceRegistered', { environmentId: 'of-this-one' })],
  [event('HealthReported', { status: 'running-unhealthy' }), NOTED],
  [event('InstanceUpdated', { environmentId: 'of-another' })],
  [event('InstanceUpdated')],
];

test('events come to what they came to when snapshots of this fold version were taken', async () => {
  const types = Object.keys(LIFECYCLE) as InstanceEventType[];
  const rows = Object.fromEntries(types.sort().map((type) => [type, checksum(type)]));
  const memory = await memoryChecksum();
  // Each new version of an event is another fold.
  const version = 1 + Object.values<readonly unknown[]>(UPCASTERS.instance).flat().length;
  // A row that differs or is missing: raise FOLD_VERSION, and record the rows of that version. A build that does not
  // know a type has to see its event, and not the snapshot behind it.
  expect({ version, memory, ...rows }).toEqual(RECORDED[FOLD_VERSION]);
});

/** Of the rows of each fold version: they are recorded once. */
const SEALS: Readonly<Record<string, string>> = {
  1: 'c09df154145a3516',
  2: '174a8ab6c64bab67',
};

test('what was recorded of a fold version does not change', () => {
  const seals = Object.entries(RECORDED).map(([version, rows]) => [version, digest(rows)]);
  expect(Object.fromEntries(seals)).toEqual(SEALS);
});
