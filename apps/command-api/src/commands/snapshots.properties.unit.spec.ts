import type { StoredEvent } from '@uplift/contracts';
import { instanceStream, ProblemError } from '@uplift/contracts';
import { RUNNING_STATUSES } from '@uplift/domain';
import type { SnapshotOptions } from '@uplift/event-store';
import { InstanceHistory, verifyChain } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { VirtualClock } from '@uplift/runtime/testing';
import fc from 'fast-check';
import {
  cancel,
  commandServiceOn,
  INSTANCE_ID,
  refusedWith,
  registration,
  report,
  trigger,
} from '../testing/command-requests';
import type { CommandRequest, EdgeCommand } from './command-request';
import { upgradeIdFor } from './command-request';
import { MOST_NOTES_IN_A_ROW } from './idempotency';

const STREAM = instanceStream(INSTANCE_ID);
const asked = { requestedBy: 'somebody', reason: 'a reason' };
const upgradeId = upgradeIdFor(INSTANCE_ID, 'trigger-1');

const COMMANDS: readonly EdgeCommand[] = [
  ...RUNNING_STATUSES.map((status) => report('', status).command),
  registration().command,
  trigger().command,
  cancel().command,
  { type: 'ParkInstance', data: asked },
  { type: 'UnparkInstance', data: asked },
  { type: 'DeregisterInstance', data: asked },
  { type: 'RedriveStage', data: { ...asked, upgradeId } },
  { type: 'PrioritizeUpgrade', data: { ...asked, upgradeId, priority: 'urgent' } },
];

/** Every command has some keys of its own, so that many are sent again after others, some with another content. */
const requests: fc.Arbitrary<CommandRequest> = fc
  .record({ n: fc.nat(COMMANDS.length - 1), key: fc.nat(4), content: fc.constantFrom(1, 1, 1, 2) })
  .map(({ n, key, content }) => {
    const command = COMMANDS[n] ?? registration().command;
    const isTrigger = command.type === 'RequestUpgrade';
    const idempotencyKey = isTrigger ? `trigger-${key}` : `${n}-${key}`;
    const named = isTrigger ? { upgradeId: upgradeIdFor(INSTANCE_ID, idempotencyKey) } : {};
    return {
      instanceId: INSTANCE_ID,
      command: { ...command, data: { ...command.data, ...named } } as EdgeCommand,
      content: { content },
      caller: { ...registration().caller, idempotencyKey },
    };
  });

/** As many processes of the command API as there are options. */
function setUp(...each: readonly SnapshotOptions[]) {
  const clock = new VirtualClock();
  const store = new InMemoryEventStore({ clock });
  const services = each.map((snapshots) => commandServiceOn(store, clock, snapshots).service);
  const events = () => store.load(STREAM).catch(() => []);
  /** In terms of the stream without its snapshots. */
  const execute = async (request: CommandRequest, process = 0) => {
    await clock.advance(1_000);
    try {
      const { revision, position: _position, ...rest } = await services[process]!.execute(request);
      return { ...rest, event: withoutSnapshots((await events()).slice(0, revision + 1)).length };
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return error.problem;
    }
  };
  return { store, execute, events };
}

function withoutSnapshots(events: readonly StoredEvent[]) {
  return events
    .filter(({ type }) => type !== 'InstanceSnapshotTaken')
    .map(({ id, type, data, recordedAt }) => ({ id, type, data, recordedAt }));
}

async function expectSame(sequence: readonly CommandRequest[], snapshots: SnapshotOptions) {
  const [with_, without] = [setUp(snapshots), setUp({})];
  for (const request of [registration(), ...sequence, ...sequence]) {
    expect(await with_.execute(request)).toEqual(await without.execute(request));
  }
  expect(withoutSnapshots(await with_.events())).toEqual(withoutSnapshots(await without.events()));
  return (await with_.events()).length - (await without.events()).length;
}

test('snapshots change no answer and no other event', async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(requests, { minLength: 20, maxLength: 80 }),
      fc.record({ snapshotEvery: fc.integer({ min: 1, max: 9 }), commandsPerPage: fc.nat(6) }),
      async (sequence, snapshots) => {
        taken += await expectSame(sequence, { ...snapshots, clock: new VirtualClock() });
      },
    ),
    { numRuns: 40, seed: 13 },
  );
  expect(taken).toBeGreaterThan(100);
});

/** Of a process that does not know of the first time the store takes the same events once more, and stores nothing. */
function answerOf(result: object): object {
  return 'outcome' in result && result.outcome === 'repeated'
    ? { ...result, outcome: 'accepted' }
    : result;
}

test('processes that go by what they know answer as one that reads, and leave the same', async () => {
  const sent = fc.record({ request: requests, process: fc.nat(1) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(sent, { minLength: 20, maxLength: 80 }),
      fc.record({ snapshotEvery: fc.integer({ min: 1, max: 9 }), commandsPerPage: fc.nat(6) }),
      async (sequence, snapshots) => {
        const knowing = { ...snapshots, clock: new VirtualClock() };
        const [two, one] = [setUp(knowing, knowing), setUp({})];
        const first = { request: registration(), process: 0 };
        for (const { request, process } of [first, ...sequence, ...sequence]) {
          const answer = answerOf(await two.execute(request, process));
          expect(answer).toEqual(answerOf(await one.execute(request)));
        }
        const [left, due] = [await two.events(), await one.events()].map(withoutSnapshots);
        expect(left).toEqual(due);
        expect(verifyChain(await two.events())).toMatchObject({ valid: true });
        const auditor = new InstanceHistory(two.store, 'stage-workers');
        for (const each of await two.events()) {
          expect(await auditor.differencesOf(each)).toEqual([]);
        }
      },
    ),
    { numRuns: 60, seed: 17 },
  );
});

test('commands that change nothing are counted across snapshots', async () => {
  const { execute, events } = setUp({ snapshotEvery: 7 });
  await execute(registration());
  const well = (n: number) => report(`key-${n}`, 'running-healthy-claimed');
  for (let n = 0; n < MOST_NOTES_IN_A_ROW; n += 1) {
    expect(await execute(well(n))).toMatchObject({ outcome: 'unchanged' });
  }
  const refused = await execute(well(MOST_NOTES_IN_A_ROW));
  expect({ problem: refused }).toEqual(refusedWith('repeated-too-often'));
  expect(await execute(well(0))).toMatchObject({ outcome: 'repeated' });
  const types = (await events()).map(({ type }) => type);
  expect(types.filter((type) => type === 'InstanceSnapshotTaken').length).toBeGreaterThan(10);
});
