import type { InFlightStatus, InstanceCommand, InstanceCommandType } from '@uplift/domain';
import { decide } from '@uplift/domain';
import type { EventStore } from '@uplift/event-store';
import { InstanceHistory } from '@uplift/event-store';
import { command } from '@uplift/domain/testing';

interface Upgrade {
  readonly instanceId: string;
  readonly upgradeId: string;
}

/** What the workers do in an upgrade that goes well, one append each. */
const STEPS = [
  'StartPreUpgrade',
  'CompletePreUpgrade',
  'StartUpgrade',
  'AcceptDeployment',
  'CompleteUpgrade',
  'StartPostUpgrade',
  'CompletePostUpgrade',
  'VerifyHealthy',
] as const;

/** Does the workers' part until the instance is in this status. */
export async function workUntil(
  store: EventStore,
  upgrade: Upgrade,
  status: InFlightStatus,
): Promise<void> {
  for (const step of STEPS) {
    if ((await statusOf(store, upgrade)) === status) return;
    await work(store, upgrade, { ...command(step, { upgradeId: upgrade.upgradeId }) });
  }
}

/** Does all of it. */
export function workToTheEnd(store: EventStore, upgrade: Upgrade): Promise<void> {
  return workSteps(store, upgrade, STEPS);
}

export async function workSteps(
  store: EventStore,
  upgrade: Upgrade,
  steps: readonly InstanceCommandType[],
): Promise<void> {
  for (const step of steps) {
    const { type, data } = command(step);
    const named = 'upgradeId' in data ? { ...data, upgradeId: upgrade.upgradeId } : data;
    await work(store, upgrade, { type, data: named } as InstanceCommand);
  }
}

async function statusOf(store: EventStore, { instanceId }: Upgrade): Promise<string> {
  const { state } = await new InstanceHistory(store, 'contract-test').load(instanceId);
  return state.kind === 'absent' ? 'absent' : state.status;
}

async function work(
  store: EventStore,
  { instanceId, upgradeId }: Upgrade,
  step: InstanceCommand,
): Promise<void> {
  const history = new InstanceHistory(store, 'contract-test');
  const { head, state } = await history.load(instanceId);
  await history.append(instanceId, head, decide(step, state), {
    causationId: upgradeId,
    step: step.type,
    correlationId: upgradeId,
    actor: { type: 'system', id: 'contract-test' },
  });
}
