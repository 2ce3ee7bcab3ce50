import { COMMAND_SUBJECTS } from '@uplift/contracts';
import type { InstanceCommandType } from '@uplift/domain';
import type { TwoTransportCommand } from './both-transports';
import { overBus, overHttp, refusedByBoth, triggerAt } from './both-transports';
import type { RunningCommandApi } from './running-command-api';
import { registrationOf } from './running-command-api';
import { workSteps } from './worker-steps';

const NOBODY = 'eeeeeeee-0000-4000-8000-000000000002';
const reason = 'the backup was broken';

const UPGRADE_COMMANDS = {
  retry: COMMAND_SUBJECTS.retryUpgrade,
  abandon: COMMAND_SUBJECTS.abandonUpgrade,
  resolve: COMMAND_SUBJECTS.resolveOutcome,
  redrive: COMMAND_SUBJECTS.redriveStage,
  rollback: COMMAND_SUBJECTS.rollBackUpgrade,
  prioritize: COMMAND_SUBJECTS.prioritizeUpgrade,
  cancel: COMMAND_SUBJECTS.cancelUpgrade,
} as const;
const INSTANCE_COMMANDS = {
  park: COMMAND_SUBJECTS.parkInstance,
  unpark: COMMAND_SUBJECTS.unparkInstance,
} as const;

type Verb = keyof typeof UPGRADE_COMMANDS | keyof typeof INSTANCE_COMMANDS;
interface Upgrade {
  readonly instanceId: string;
  readonly upgradeId: string;
}

/** The command at both doors. */
function at(verb: Verb, key: string, upgrade: Upgrade, body: object = { reason }) {
  const { instanceId, upgradeId } = upgrade;
  const instance = `/v1/instances/${instanceId}`;
  if (verb === 'park' || verb === 'unpark') {
    return {
      key,
      http: { path: `${instance}/${verb}`, body },
      bus: { subject: INSTANCE_COMMANDS[verb], body: { ...body, instanceId } },
    } satisfies TwoTransportCommand;
  }
  return {
    key,
    http: { path: `${instance}/upgrades/${upgradeId}/${verb}`, body },
    bus: { subject: UPGRADE_COMMANDS[verb], body: { ...body, instanceId, upgradeId } },
  } satisfies TwoTransportCommand;
}

type Steps = readonly InstanceCommandType[];
const PRE_FAILED: Steps = ['StartPreUpgrade', 'FailPreUpgrade'];
const CALLED: Steps = ['StartPreUpgrade', 'CompletePreUpgrade', 'StartUpgrade'];
const DEPLOYED: Steps = [...CALLED, 'AcceptDeployment', 'CompleteUpgrade'];
const POST_FAILED: Steps = [...DEPLOYED, 'StartPostUpgrade', 'FailPostUpgrade'];
const UNKNOWN: Steps = [...CALLED, 'DeclareOutcomeUnknown'];
const DONE: Steps = [...DEPLOYED, 'StartPostUpgrade', 'CompletePostUpgrade', 'VerifyHealthy'];
const ILL: Steps = [...DONE.slice(0, -1), 'FindUnhealthy'];
const PARKED: Steps = ['StartPreUpgrade', 'ParkInstance'];

type Accepted = readonly [
  verb: Verb,
  steps: Steps,
  body: object,
  events: readonly string[],
  status: string,
];

const ACCEPTED: readonly Accepted[] = [
  ['retry', PRE_FAILED, {}, ['UpgradeRetried'], 'pending-pre-upgrade'],
  ['retry', POST_FAILED, {}, ['UpgradeRetried'], 'pending-post-upgrade'],
  ['retry', ILL, {}, ['UpgradeRetried'], 'post-upgrade-completed'],
  [
    'retry',
    POST_FAILED,
    { from: 'upgrade', redeploy: true, strategy: 'branch-ref', target: { ref: 'v3' } },
    ['UpgradeRetried'],
    'pending-upgrade',
  ],
  ['abandon', PRE_FAILED, {}, ['UpgradeAbandoned'], 'post-upgrade-completed'],
  ['abandon', ILL, {}, ['UpgradeAbandoned'], 'post-upgrade-completed'],
  ['resolve', CALLED, { notLanded: true }, ['OutcomeResolutionRequested'], 'upgrade-running'],
  [
    'resolve',
    UNKNOWN,
    { adopt: 'lagoon-build-a1' },
    ['OutcomeResolutionRequested'],
    'upgrade-failed',
  ],
  ['redrive', [], {}, ['StageRedriven'], 'pending-pre-upgrade'],
  ['redrive', CALLED, {}, ['StageRedriven'], 'upgrade-running'],
  ['prioritize', [], {}, ['UpgradePrioritized'], 'pending-pre-upgrade'],
  ['prioritize', [], { priority: 'urgent' }, ['UpgradePrioritized'], 'pending-pre-upgrade'],
  ['park', ['StartPreUpgrade'], {}, ['InstanceParked'], 'pre-upgrade-running'],
  ['unpark', PARKED, {}, ['InstanceUnparked', 'StageRedriven'], 'pre-upgrade-running'],
];

const FIRST_OF_EACH = ACCEPTED.filter(
  ([verb], n) => ACCEPTED.findIndex(([first]) => first === verb) === n,
);

type Refused = readonly [verb: Verb, steps: Steps, body: object, code: string];

const REFUSED: readonly Refused[] = [
  ['retry', [], {}, 'upgrade-in-flight'],
  ['retry', DONE, {}, 'status-not-allowed'],
  ['retry', UNKNOWN, {}, 'outcome-unknown'],
  ['retry', UNKNOWN, { redeploy: true }, 'outcome-unknown'],
  ['retry', PRE_FAILED, { from: 'post-upgrade' }, 'stage-not-reached'],
  ['retry', POST_FAILED, { from: 'upgrade' }, 'already-deployed'],
  ['retry', POST_FAILED, { strategy: 'branch-ref', target: { ref: 'v3' } }, 'plan-change-too-late'],
  ['abandon', [], {}, 'upgrade-in-flight'],
  ['abandon', DONE, {}, 'status-not-allowed'],
  ['resolve', DEPLOYED.slice(0, -1), { notLanded: true }, 'nothing-to-resolve'],
  ['resolve', [], { notLanded: true }, 'status-not-allowed'],
  ['redrive', DONE, {}, 'upgrade-not-in-flight'],
  ['rollback', [], {}, 'upgrade-in-flight'],
  ['rollback', DONE, {}, 'no-earlier-reference'],
  ['rollback', UNKNOWN, {}, 'outcome-unknown'],
  ['prioritize', CALLED, {}, 'status-not-allowed'],
  ['prioritize', DONE, {}, 'upgrade-not-in-flight'],
  ['park', DONE, {}, 'upgrade-not-in-flight'],
  ['unpark', [], {}, 'not-parked'],
  ['unpark', DONE, {}, 'upgrade-not-in-flight'],
];

const INVALID: readonly (readonly [what: string, verb: Verb, body: object, pointer: string])[] = [
  ...(['retry', 'abandon', 'redrive', 'rollback', 'prioritize', 'park', 'unpark'] as const).flatMap(
    (verb) =>
      [
        [`a ${verb} without a reason`, verb, {}, '/reason'],
        [`a ${verb} with an empty reason`, verb, { reason: '' }, '/reason'],
        [`a ${verb} in the name of a person`, verb, { reason, requestedBy: 'x' }, '/requestedBy'],
        [`a ${verb} of an actor`, verb, { reason, actor: { id: 'x' } }, '/actor'],
      ] as const,
  ),
  ['a stage that is none', 'retry', { reason, from: 'deploy' }, '/from'],
  ['a flag that is a word', 'retry', { reason, redeploy: 'yes' }, '/redeploy'],
  ['a strategy that is none', 'retry', { reason, strategy: 'bulk' }, '/strategy'],
  ['a resolve without a claim', 'resolve', { reason }, ''],
  ['a resolve with two claims', 'resolve', { reason, adopt: 'b', notLanded: true }, ''],
  ['a claim that is false', 'resolve', { reason, notLanded: false }, '/notLanded'],
  ['a build with metacharacters', 'resolve', { reason, adopt: '$(x)' }, '/adopt'],
  ['a resolve without a reason', 'resolve', { notLanded: true }, '/reason'],
  ['a priority that is none', 'prioritize', { reason, priority: 'high' }, '/priority'],
];

export function operatorSuite(running: () => RunningCommandApi): void {
  describe('the commands of operators', () => {
    let api: RunningCommandApi;
    let count = 0;

    beforeAll(() => {
      api = running();
    });

    const upgradeAfter = async (steps: Steps, body: object = {}) => {
      const instanceId = await api.register(`operated-${count++}`);
      const { document } = await overHttp(api, triggerAt('trigger', instanceId, body));
      const upgrade = { instanceId, upgradeId: String(document.upgradeId) };
      await workSteps(api.store, upgrade, steps);
      return upgrade;
    };

    describe.each([
      ['HTTP', overHttp, overBus],
      ['the bus', overBus, overHttp],
    ] as const)('over %s', (_transport, send, sendElsewhere) => {
      it.each(ACCEPTED)('%s is taken after %j with %j', async (...row) => {
        const [verb, steps, more, types, status] = row;
        const upgrade = await upgradeAfter(steps);
        const { length } = await api.eventsOf(upgrade.instanceId);
        const command = at(verb, 'k', upgrade, { reason, ...more });

        const first = await send(api, command);
        const again = await sendElsewhere(api, command);

        const events = (await api.eventsOf(upgrade.instanceId)).slice(length);
        expect(events.map(({ type }) => type)).toEqual(types);
        expect(events[0]?.data).toMatchObject({ reason, requestedBy: 'anonymous' });
        expect(first).toMatchObject({
          accepted: true,
          document: { instanceId: upgrade.instanceId, revision: length + types.length - 1, status },
        });
        expect(again).toEqual(first);
      });
    });

    it.each(FIRST_OF_EACH)(
      '%s under a key that stands for other words, or for another revision, is refused',
      async (...row) => {
        const [verb, steps, more] = row;
        const upgrade = await upgradeAfter(steps);
        const { http } = at(verb, 'k', upgrade, { reason, ...more });
        const stale = await api.post(http.path, {
          key: 'stale',
          headers: { 'if-match': '"0"' },
          body: http.body,
        });
        await api.post(http.path, { key: 'k', body: http.body });

        const other = at(verb, 'k', upgrade, { ...more, reason: 'other words' });

        expect(stale).toMatchObject({ status: 412, body: { code: 'precondition-failed' } });
        expect(await refusedByBoth(api, other)).toMatchObject({
          status: 422,
          code: 'idempotency-key-reused',
        });
      },
    );

    it.each(REFUSED)('%s is refused after %j with %j: %s', async (...row) => {
      const [verb, steps, more, code] = row;
      const upgrade = await upgradeAfter(steps);
      const before = await api.eventsOf(upgrade.instanceId);

      const problem = await refusedByBoth(api, at(verb, 'k', upgrade, { reason, ...more }));

      expect(problem).toMatchObject({ status: 409, code, instanceId: upgrade.instanceId });
      expect(problem).toHaveProperty('waitingFor');
      expect(problem).toHaveProperty('allowedCommands.0.command');
      expect(await api.eventsOf(upgrade.instanceId)).toEqual(before);
    });

    it.each(INVALID)('refuses %s', async (...row) => {
      const [, verb, body, pointer] = row;
      const upgrade = { instanceId: NOBODY, upgradeId: NOBODY };

      const problem = await refusedByBoth(api, at(verb, 'k', upgrade, body));

      expect(problem).toMatchObject({ status: 400, code: 'invalid-input' });
      const { errors } = problem as { readonly errors: readonly { readonly pointer: string }[] };
      expect(errors.map((fault) => fault.pointer)).toContain(pointer);
    });

    it.each([...Object.keys(UPGRADE_COMMANDS), ...Object.keys(INSTANCE_COMMANDS)] as Verb[])(
      '%s of an instance that nobody registered is refused, as it is without a key',
      async (verb) => {
        const upgrade = { instanceId: NOBODY, upgradeId: NOBODY };
        const claim = verb === 'resolve' ? { notLanded: true } : {};
        const command = at(verb, 'k', upgrade, { reason, ...claim });

        expect(await refusedByBoth(api, command)).toMatchObject({
          status: 404,
          code: 'instance-unknown',
        });
        const keyless = await api.post(command.http.path, { body: command.http.body });
        expect(keyless).toMatchObject({ status: 400, body: { code: 'idempotency-key-missing' } });
      },
    );

    it('holds a new attempt that changed the plan to what the request said', async () => {
      const upgrade = await upgradeAfter(PRE_FAILED);
      const body = { reason, strategy: 'branch-ref', target: { ref: 'v3' } };

      await overHttp(api, at('retry', 'k', upgrade, body));

      const last = (await api.eventsOf(upgrade.instanceId)).at(-1);
      expect(last).toMatchObject({
        type: 'UpgradeRetried',
        data: {
          fromStage: 'pre-upgrade',
          workOrder: { attempt: 2, strategy: 'branch-ref', target: { ref: 'v3' } },
        },
        metadata: { $correlationId: upgrade.upgradeId },
      });
    });

    it('rolls back to the reference that was deployed before, as an upgrade of its own', async () => {
      const first = await upgradeAfter(DONE, { strategy: 'branch-ref', target: { ref: 'v1' } });
      const { instanceId } = first;
      const trigger = triggerAt('second', instanceId, {
        strategy: 'branch-ref',
        target: { ref: 'v2' },
      });
      const { document } = await overHttp(api, trigger);
      const second = { instanceId, upgradeId: String(document.upgradeId) };
      await workSteps(api.store, second, DONE);

      const back = await overHttp(api, at('rollback', 'back', second));

      const last = (await api.eventsOf(instanceId)).at(-1);
      expect(last).toMatchObject({
        type: 'UpgradeRequested',
        data: {
          reason,
          workOrder: { rollsBack: second.upgradeId, strategy: 'branch-ref', target: { ref: 'v1' } },
        },
      });
      expect(back.document).toMatchObject({
        upgradeId: last?.metadata.$correlationId,
        status: 'pending-pre-upgrade',
      });
      expect(await overBus(api, at('rollback', 'back', second))).toEqual(back);
      expect(await refusedByBoth(api, at('rollback', 'k', first))).toMatchObject({
        code: 'upgrade-in-flight',
      });
    });

    describe('a trigger', () => {
      const ill = async () => {
        const instanceId = await api.register(`ill-${count++}`);
        const body = { status: 'running-unhealthy' };
        await api.post(`/v1/instances/${instanceId}/health`, { key: 'ill', body });
        return instanceId;
      };

      it('enters an ill instance only as its repair', async () => {
        const instanceId = await ill();

        expect(await refusedByBoth(api, triggerAt('k', instanceId, { reason }))).toMatchObject({
          status: 409,
          code: 'status-not-allowed',
        });
        const repaired = await overBus(api, triggerAt('k', instanceId, { reason, repair: true }));
        expect(repaired.document).toMatchObject({ status: 'pending-pre-upgrade' });
        expect((await api.eventsOf(instanceId)).at(-1)?.data).toMatchObject({
          reason,
          workOrder: { repairs: 'running-unhealthy', originStatus: 'running-healthy-claimed' },
        });
      });

      it('repairs nothing whose healthy status nobody knows', async () => {
        const key = `claimless-${count++}`;
        const registered = await api.post('/v1/instances', {
          key,
          body: { ...registrationOf(key), status: 'running-unhealthy' },
        });
        const command = triggerAt('k', String(registered.body.instanceId), {
          reason,
          repair: true,
        });

        expect(await refusedByBoth(api, command)).toMatchObject({
          status: 409,
          code: 'claim-unknown',
        });
      });

      it('takes a priority and a time to start by', async () => {
        const upgrade = await upgradeAfter([], {
          reason,
          priority: 'urgent',
          startBy: '2999-01-01T00:00:00Z',
        });

        expect((await api.eventsOf(upgrade.instanceId)).at(-1)?.data).toMatchObject({
          reason,
          workOrder: { priority: 'urgent', startBy: '2999-01-01T00:00:00.000Z' },
        });
      });

      it.each([
        ['a repair without a reason', { repair: true }, 400, 'invalid-input'],
        ['a repair with a blank reason', { repair: true, reason: ' ' }, 400, 'invalid-input'],
        ['a priority without a reason', { priority: 'urgent' }, 400, 'invalid-input'],
        ['a time that is none', { startBy: '2999-02-30T00:00:00Z' }, 400, 'invalid-input'],
        ['a time of another zone', { startBy: '2999-01-01T00:00:00+01:00' }, 400, 'invalid-input'],
        ['a time that is over', { startBy: '2020-01-01T00:00:00Z' }, 422, 'start-by-passed'],
      ])('refuses %s', async (_what, body, status, code) => {
        const instanceId = await api.register('refused-triggers');

        expect(await refusedByBoth(api, triggerAt('k', instanceId, body))).toMatchObject({
          status,
          code,
        });
      });
    });
  });
}
