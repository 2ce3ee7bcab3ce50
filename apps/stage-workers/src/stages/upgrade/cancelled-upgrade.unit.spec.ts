import type { WorkOrder } from '@uplift/domain';
import { decide, scriptMarkerOf } from '@uplift/domain';
import { protocolOf, scriptsOf, StageFixture, WORKER } from '../../testing/stage-fixture';
import { UpgradeStage } from './upgrade.stage';

const variable = (name: string) => ({ name, value: 'on', scope: 'RUNTIME' }) as const;
const VARIABLES = {
  strategy: 'variables',
  target: { variables: [variable('FIRST'), variable('SECOND')] },
} as const;
const COMMAND = { service: 'cli', command: 'migrate' };
const SCRIPT = { strategy: 'script', target: { script: COMMAND } } as const;

function stageOf(fixture: StageFixture, patienceMs?: number): UpgradeStage {
  const { cores, clock } = fixture;
  const protocol = protocolOf(fixture);
  const scripts = scriptsOf(fixture, patienceMs);
  const ports = { cores, gate: fixture.gate, protocol, scripts, clock };
  return new UpgradeStage(ports, { worker: WORKER, timeoutMs: 1_000, concurrency: 4 });
}

/** As the operator's command does it. */
async function cancel(fixture: StageFixture): Promise<void> {
  const { state } = await fixture.history.load(fixture.instanceId);
  const { upgradeId } = fixture.order;
  const data = { upgradeId, requestedBy: 'operator-7', reason: 'wrong release' };
  await fixture.append(...decide({ type: 'CancelUpgrade', data }, state));
}

/** Something happens while Lagoon writes its nth variable. */
function whileWriting(fixture: StageFixture, nth: number, happens: () => Promise<void>): void {
  const { lagoon } = fixture;
  const write = lagoon.setVariable.bind(lagoon);
  let count = 0;
  lagoon.setVariable = async (...request) => {
    count += 1;
    if (count === nth) await happens();
    return write(...request);
  };
}

const written = ({ lagoon }: StageFixture) =>
  lagoon.calls.filter(({ operation }) => operation === 'setVariable').map(({ input }) => input);

describe('variables of an upgrade that is cancelled', () => {
  const given = (changes: Partial<WorkOrder> = {}) =>
    StageFixture.at('UpgradePending', { ...VARIABLES, ...changes });

  it('are not written any further, and what was written leads to a proof of health', async () => {
    const fixture = await given();
    whileWriting(fixture, 1, () => cancel(fixture));
    expect(await fixture.handle(stageOf(fixture))).toEqual({ kind: 'done' });
    expect(written(fixture)).toMatchObject([{ name: 'FIRST' }]);
    expect(await fixture.appended()).toMatchObject([
      { type: 'VariablesRequested' },
      { type: 'UpgradeCancelRequested' },
      { type: 'ScriptCancelled', data: { step: 'upgrade', task: null } },
    ]);
    expect(fixture.mutations).toEqual([]);
  });

  it('are known to be set when the last was being written, and nothing is rolled out', async () => {
    const fixture = await given();
    whileWriting(fixture, 2, () => cancel(fixture));
    await fixture.handle(stageOf(fixture));
    expect(await fixture.types()).toEqual([
      'VariablesRequested',
      'UpgradeCancelRequested',
      'VariablesSet',
      'ScriptCancelled',
    ]);
    expect(fixture.mutations).toEqual([]);
  });

  it('are not written at all when the cancel came first', async () => {
    const fixture = await given();
    fixture.store.rivals.push(() => cancel(fixture));
    expect(await fixture.handle(stageOf(fixture))).toEqual({ kind: 'done' });
    expect(written(fixture)).toEqual([]);
    expect(await fixture.types()).toEqual(['UpgradeCancelRequested', 'UpgradeCancelled']);
  });

  it('are left to the worker of the cancel by a successor', async () => {
    const fixture = await given();
    whileWriting(fixture, 1, async () => {
      await cancel(fixture);
      fixture.lagoon.script.unavailable = true;
    });
    expect(await fixture.handle(stageOf(fixture))).toMatchObject({ kind: 'retry' });
    fixture.lagoon.script.unavailable = false;
    fixture.lagoon.calls.length = 0;
    expect(await fixture.handle(stageOf(fixture), 2)).toEqual({ kind: 'done' });
    expect(fixture.lagoon.calls).toEqual([]);
    expect(await fixture.types()).toEqual(['VariablesRequested', 'UpgradeCancelRequested']);
  });
});

describe('a script that is the upgrade', () => {
  const given = (changes: Partial<WorkOrder> = {}) =>
    StageFixture.at('UpgradePending', { ...SCRIPT, ...changes });

  it.each(['complete', 'failed', 'cancelled'])(
    'leads no further once it is cancelled, also if it ends as %s: its cancel says so',
    async (outcome) => {
      const fixture = await given();
      expect(await fixture.handle(stageOf(fixture, 0))).toMatchObject({ kind: 'retry' });
      await cancel(fixture);
      fixture.lagoon.script.endTasks(fixture.target, outcome);
      expect(await fixture.handle(stageOf(fixture), 2)).toEqual({ kind: 'done' });
      expect(await fixture.types()).toEqual([
        'UpgradeStarted',
        'ScriptRequested',
        'ScriptAccepted',
        'UpgradeCancelRequested',
      ]);
    },
  );

  it('fails when somebody else cancels its task', async () => {
    const fixture = await given();
    await fixture.handle(stageOf(fixture, 0));
    fixture.lagoon.script.endTasks(fixture.target, 'cancelled');
    await fixture.handle(stageOf(fixture), 2);
    expect((await fixture.types()).at(-1)).toBe('UpgradeFailed');
  });

  it('leaves no intent open when its registered task is not there', async () => {
    const fixture = await given({ target: { script: { registeredTask: 'migrate' } } });
    expect(await fixture.handle(stageOf(fixture))).toEqual({ kind: 'done' });
    expect((await fixture.appended()).slice(1)).toMatchObject([
      { type: 'ScriptRequested' },
      { type: 'CallRefused', data: { evidence: { cause: 'configuration' } } },
      { type: 'UpgradeFailed', data: { reason: 'script-refused', retryable: false } },
    ]);
    expect(fixture.mutations).toEqual([]);
  });

  it('is still looked up when its registered task is gone since', async () => {
    const fixture = await given({ target: { script: { registeredTask: 'migrate' } } });
    const { upgradeId, attempt } = fixture.order;
    const started = { upgradeId, attempt, worker: 'predecessor' };
    const name = scriptMarkerOf(fixture.order, 'upgrade');
    const intent = { ...started, step: 'upgrade', callNo: 1, marker: name } as const;
    const { environmentId } = fixture.lagoon.script.place(fixture.target);
    await fixture.lagoon.addTask({ environmentId, name, ...COMMAND }, fixture.stopping.signal);
    await fixture.append(
      { type: 'UpgradeStarted', data: started },
      { type: 'ScriptRequested', data: intent },
    );
    expect(await fixture.handle(stageOf(fixture, 0), 2)).toMatchObject({ kind: 'retry' });
    expect((await fixture.types()).slice(-1)).toEqual(['ScriptAccepted']);
  });
});
