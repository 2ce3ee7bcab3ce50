import { LagoonUnauthenticatedError } from '@uplift/lagoon';
import type { EffectOptions } from '../../effects/effect-protocol';
import { protocolOf, scriptsOf, StageFixture, WORKER } from '../../testing/stage-fixture';
import { UpgradeStage } from './upgrade.stage';

const AMBIGUOUS = { kind: 'ambiguous', evidence: 'HTTP 504' } as const;
const NOT_SENT = {
  kind: 'refused',
  cause: 'not-sent',
  reason: 'connection refused',
  retryable: true,
} as const;
const NO_PERMISSION = {
  kind: 'refused',
  cause: 'permission',
  reason: 'no permission',
  retryable: true,
} as const;
const EXPIRED = {
  kind: 'refused',
  cause: 'unauthenticated',
  reason: 'the token was not accepted',
  retryable: true,
} as const;
const INTENT = ['UpgradeStarted', 'DeploymentRequested'];

const stageOf = (fixture: StageFixture, changes: Partial<EffectOptions> = {}) =>
  new UpgradeStage(
    {
      cores: fixture.cores,
      gate: fixture.gate,
      protocol: protocolOf(fixture, changes),
      scripts: scriptsOf(fixture),
      clock: fixture.clock,
    },
    { worker: WORKER, timeoutMs: 20_000, concurrency: 8 },
  );
const builds = ({ lagoon }: StageFixture) => lagoon.script.allDeployments();
const attemptOf = ({ order: { upgradeId, attempt } }: StageFixture) => ({ upgradeId, attempt });
const intentOf = ({ order: { upgradeId, attempt }, marker }: StageFixture) => {
  const started = { upgradeId, attempt, worker: 'other' };
  return [
    { type: 'UpgradeStarted', data: started },
    { type: 'DeploymentRequested', data: { ...started, callNo: 1, marker, bulkId: null } },
  ] as const;
};

describe('the upgrade stage', () => {
  it('writes the intent, calls once, records the build', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    expect(await fixture.handle(stageOf(fixture))).toEqual({ kind: 'done' });
    const [, intent, accepted] = await fixture.appended();
    expect(await fixture.types()).toEqual([...INTENT, 'DeploymentAccepted']);
    expect(intent).toMatchObject({ data: { callNo: 1, marker: fixture.marker, worker: 'w' } });
    expect(accepted).toMatchObject({ data: { buildName: builds(fixture)[0]?.name, callNo: 1 } });
    expect(builds(fixture)).toMatchObject([{ bulkName: fixture.marker }]);
    expect(fixture.lagoon.calls).toHaveLength(1);
  });

  it('builds the named ref when the order has one', async () => {
    const fixture = await StageFixture.at('UpgradePending', {
      strategy: 'branch-ref',
      target: { ref: 'v2' },
    });
    await fixture.handle(stageOf(fixture));
    expect(fixture.lagoon.calls[0]).toMatchObject({
      operation: 'deployBranch',
      input: { project: 'shop', branchName: 'main', branchRef: 'v2', bulkName: fixture.marker },
    });
  });

  it.each([{ strategy: 'branch-ref', target: { ref: 'v2' } } as const, { waveId: 'wave-1' }])(
    'names the branch that the environment is built from, not the environment: %j',
    async (plan) => {
      const located = { projectId: 1, environmentId: 2, route: null, deployType: 'branch' };
      const fixture = await StageFixture.at('UpgradePending', {
        ...plan,
        located: { ...located, deployBaseRef: 'Main' },
      });
      await fixture.handle(stageOf(fixture));
      expect(fixture.lagoon.calls[0]).toMatchObject({
        operation: 'deployBranch',
        input: { project: 'shop', branchName: 'Main' },
      });
      expect(fixture.lagoon.script.find(fixture.target)?.deployments).toHaveLength(1);
    },
  );

  it('does not call before the intent is stored', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    fixture.store.faults.push('lost', 'lost', 'lost', 'lost', 'lost');
    expect(await fixture.handle(stageOf(fixture))).toMatchObject({ kind: 'retry' });
    expect(fixture.lagoon.calls).toEqual([]);
  });

  it('fails with the cause when Lagoon refuses', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    fixture.lagoon.script.answerNext({
      kind: 'refused',
      cause: 'quota',
      reason: 'exceed environment quota',
      retryable: false,
    });
    await fixture.handle(stageOf(fixture));
    const evidence = { cause: 'quota', detail: 'exceed environment quota' };
    expect((await fixture.appended()).slice(2)).toMatchObject([
      { type: 'CallRefused', data: { callNo: 1, evidence } },
      {
        type: 'UpgradeFailed',
        data: { reason: 'deployment-refused', evidence, retryable: false },
      },
    ]);
    expect(builds(fixture)).toEqual([]);
  });

  it('adopts the build of a call whose answer was lost', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    fixture.lagoon.script.answerNext(AMBIGUOUS, { lands: true });
    await fixture.handle(stageOf(fixture));
    expect(await fixture.types()).toEqual([...INTENT, 'CallAmbiguous', 'DeploymentAccepted']);
    expect((await fixture.appended())[2]).toMatchObject({
      data: { evidence: { shape: 'HTTP 504' } },
    });
    expect(fixture.mutations).toEqual(['deployLatest']);
  });

  it('calls a second time after proof that the first did not land', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    fixture.lagoon.script.answerNext(AMBIGUOUS);
    await fixture.handle(stageOf(fixture));
    expect(await fixture.types()).toEqual([
      ...INTENT,
      'CallAmbiguous',
      'CallNotLanded',
      'DeploymentRequested',
      'DeploymentAccepted',
    ]);
    expect((await fixture.appended())[4]).toMatchObject({ data: { callNo: 2 } });
    expect(builds(fixture)).toHaveLength(1);
  });

  it('never calls a third time: the outcome is unknown then', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    fixture.lagoon.script.answerNext(AMBIGUOUS);
    fixture.lagoon.script.answerNext(AMBIGUOUS);
    await fixture.handle(stageOf(fixture));
    expect((await fixture.types()).slice(5)).toEqual([
      'CallAmbiguous',
      'CallNotLanded',
      'OutcomeUnknown',
      'UpgradeFailed',
    ]);
    expect(fixture.mutations).toEqual(['deployLatest', 'deployLatest']);
    expect((await fixture.appended()).at(-1)).toMatchObject({
      data: { reason: 'outcome-unknown', retryable: false },
    });
  });

  it('does not take a failed look-up for "not found"', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    await fixture.append(...intentOf(fixture));
    fixture.lagoon.script.unavailable = true;
    expect(await fixture.handle(stageOf(fixture), 2)).toMatchObject({ kind: 'retry' });
    expect(await fixture.types()).toEqual(INTENT);
    expect(fixture.mutations).toEqual([]);
  });

  it('tries again within the lease what surely was not sent', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    fixture.lagoon.script.answerNext(NOT_SENT);
    await fixture.handle(stageOf(fixture));
    expect(await fixture.types()).toEqual([...INTENT, 'DeploymentAccepted']);
    expect(builds(fixture)).toHaveLength(1);
  });

  it('does not call under an intent whose lease is over: it says so, and asks anew', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    fixture.store.rivals.push(() => fixture.clock.advance(60));
    await fixture.handle(stageOf(fixture, { leaseMs: 50 }));
    expect(await fixture.types()).toEqual([
      ...INTENT,
      'CallRefused',
      'DeploymentRequested',
      'DeploymentAccepted',
    ]);
    expect((await fixture.appended())[2]).toMatchObject({
      data: { evidence: { cause: 'not-sent' } },
    });
    expect(fixture.mutations).toEqual(['deployLatest']);
  });

  it('meets a permission text three times before it is believed', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    for (let n = 0; n < 3; n += 1) fixture.lagoon.script.answerNext(NO_PERMISSION);
    await fixture.handle(stageOf(fixture));
    expect(await fixture.types()).toEqual([
      ...INTENT,
      'CallRefused',
      'DeploymentRequested',
      'CallRefused',
      'DeploymentRequested',
      'CallRefused',
      'UpgradeFailed',
    ]);
    expect((await fixture.appended()).at(-1)).toMatchObject({
      data: { reason: 'deployment-refused', evidence: { cause: 'permission' }, retryable: true },
    });
    expect(builds(fixture)).toEqual([]);
  });

  it('calls soon after what was never sent, also when another turn was told so', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    const refusal = { ...attemptOf(fixture), callNo: 1, evidence: { cause: 'not-sent' } };
    await fixture.append(...intentOf(fixture), { type: 'CallRefused', data: refusal });
    await fixture.handle(stageOf(fixture, { permissionPauseMs: 3_600_000 }), 2);
    expect((await fixture.types()).slice(-2)).toEqual([
      'DeploymentRequested',
      'DeploymentAccepted',
    ]);
    expect(builds(fixture)).toHaveLength(1);
  });

  it('goes on when a permission text has passed', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    fixture.lagoon.script.answerNext(NO_PERMISSION);
    await fixture.handle(stageOf(fixture));
    expect((await fixture.types()).slice(-2)).toEqual([
      'DeploymentRequested',
      'DeploymentAccepted',
    ]);
    expect(builds(fixture)).toHaveLength(1);
  });

  it('calls once more in the same lease when the token was not accepted, and only once', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    fixture.lagoon.script.answerNext(EXPIRED);
    await fixture.handle(stageOf(fixture));
    expect(await fixture.types()).toEqual([...INTENT, 'DeploymentAccepted']);
    const other = await StageFixture.at('UpgradePending');
    for (let n = 0; n < 2; n += 1) other.lagoon.script.answerNext(EXPIRED);
    await other.handle(stageOf(other));
    expect(await other.types()).toEqual([
      ...INTENT,
      'CallRefused',
      'DeploymentRequested',
      'DeploymentAccepted',
    ]);
    expect((await other.appended())[2]).toMatchObject({
      data: { evidence: { cause: 'unauthenticated' } },
    });
  });

  it('writes no further intent while the token is refused, however long, and goes on after it', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    for (let n = 0; n < 2; n += 1) fixture.lagoon.script.answerNext(EXPIRED);
    const reads = jest
      .spyOn(fixture.lagoon, 'deploymentsOf')
      .mockRejectedValue(new LagoonUnauthenticatedError('The token was not accepted'));
    for (let n = 1; n <= 20; n += 1) {
      expect(await fixture.handle(stageOf(fixture), n)).toMatchObject({ kind: 'retry' });
    }
    expect(await fixture.types()).toEqual([...INTENT, 'CallRefused']);
    reads.mockRestore();
    expect(await fixture.handle(stageOf(fixture), 21)).toEqual({ kind: 'done' });
    expect((await fixture.types()).slice(3)).toEqual(['DeploymentRequested', 'DeploymentAccepted']);
    expect(builds(fixture)).toHaveLength(1);
  });

  it('begins nothing while the core is away, and says why', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    const since = Date.parse('2026-03-01T10:00:00.000Z');
    fixture.openBreaker(since);
    expect(await fixture.handle(stageOf(fixture))).toMatchObject({ kind: 'retry' });
    expect(await fixture.handle(stageOf(fixture), 2)).toMatchObject({ kind: 'retry' });
    expect(await fixture.appended()).toMatchObject([
      {
        type: 'WaitingFor',
        data: { target: 'lagoon:eu-1', since: '2026-03-01T10:00:00.000Z', stage: 'upgrade' },
      },
    ]);
    fixture.closeBreaker();
    expect(await fixture.handle(stageOf(fixture), 3)).toEqual({ kind: 'done' });
    expect(await fixture.types()).toEqual([
      'WaitingFor',
      'WaitEnded',
      ...INTENT,
      'DeploymentAccepted',
    ]);
  });

  it('asks for nothing any more once a cancel is accepted', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    await fixture.append(...intentOf(fixture), {
      type: 'UpgradeCancelRequested',
      data: { ...attemptOf(fixture), requestedBy: 'operator-7', reason: 'wrong release' },
    });
    await fixture.handle(stageOf(fixture), 2);
    expect((await fixture.types()).slice(-2)).toEqual(['CallNotLanded', 'UpgradeCancelled']);
    expect(fixture.mutations).toEqual([]);
  });

  it('reconciles the intent of a dead predecessor instead of calling', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    await fixture.append(...intentOf(fixture));
    fixture.lagoon.script.answerNext(AMBIGUOUS, { lands: true });
    const { environmentId } = fixture.lagoon.script.place(fixture.target);
    const request = { environmentId, bulkName: fixture.marker };
    await fixture.lagoon.deployLatest(request, fixture.stopping.signal);
    expect(await fixture.handle(stageOf(fixture), 2)).toEqual({ kind: 'done' });
    expect(await fixture.types()).toEqual([...INTENT, 'DeploymentAccepted']);
    expect(fixture.mutations).toEqual(['deployLatest']);
  });

  it('calls Lagoon once when several handlings of one message run at once', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    const stage = stageOf(fixture, { settleWindowMs: 60_000 });
    const handled = await Promise.all([1, 1, 2].map((count) => fixture.handle(stage, count)));
    expect(handled).toEqual([{ kind: 'done' }, { kind: 'done' }, { kind: 'done' }]);
    expect(await fixture.types()).toEqual([...INTENT, 'DeploymentAccepted']);
    expect(fixture.mutations).toEqual(['deployLatest']);
  });

  it('does not call when the message comes again as new, as from a bus that was filled again', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    const stage = stageOf(fixture);
    await fixture.handle(stage, 1);
    expect(await fixture.handle(stage, 1)).toEqual({ kind: 'done' });
    expect(fixture.mutations).toEqual(['deployLatest']);
    expect(await fixture.types()).toEqual([...INTENT, 'DeploymentAccepted']);
  });

  it('records a worker woken after its instance failed as nothing', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    fixture.lagoon.script.answerNext(AMBIGUOUS);
    const stage = stageOf(fixture, { settleWindowMs: 20 });
    const running = fixture.handle(stage);
    await lookedUp(fixture);
    const { upgradeId, attempt } = fixture.order;
    const failure = {
      upgradeId,
      attempt,
      reason: 'stage-timed-out',
      evidence: {},
      retryable: true,
    };
    await fixture.append({ type: 'UpgradeFailed', data: failure });
    expect(await running).toEqual({ kind: 'done' });
    expect(await fixture.types()).toEqual([...INTENT, 'CallAmbiguous', 'UpgradeFailed']);
    expect(fixture.mutations).toEqual(['deployLatest']);
  });

  it('records duplicates and adopts the newest', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    await fixture.append(...intentOf(fixture));
    const { environmentId } = fixture.lagoon.script.place(fixture.target);
    const request = { environmentId, bulkName: fixture.marker };
    for (let n = 0; n < 2; n += 1)
      await fixture.lagoon.deployLatest(request, fixture.stopping.signal);
    await fixture.handle(stageOf(fixture), 2);
    const [older, newer] = builds(fixture).map(({ name }) => name);
    expect((await fixture.appended()).slice(2)).toMatchObject([
      { type: 'DuplicateBuildDetected', data: { builds: [newer, older] } },
      { type: 'DeploymentAccepted', data: { buildName: newer } },
    ]);
  });
});

/** Resolves at the first look-up of a build. */
async function lookedUp({ lagoon }: StageFixture): Promise<void> {
  const { promise, resolve } = deferred();
  const deploymentsOf = lagoon.deploymentsOf.bind(lagoon);
  lagoon.deploymentsOf = (...args) => {
    resolve();
    return deploymentsOf(...args);
  };
  await promise;
}

function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
