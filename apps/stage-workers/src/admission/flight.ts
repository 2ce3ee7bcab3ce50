import type { InstanceEvent, InstanceEventOf, WorkOrder } from '@uplift/domain';
import { destinationsOf, isBefore, isInFlight } from '@uplift/domain';

/** Orders of builds before this one are admitted at the upgrade stage: they may have begun without admission. */
export function isAdmittedFirst({ attemptMs }: Pick<WorkOrder, 'attemptMs'>): boolean {
  return attemptMs !== undefined;
}

/** An upgrade in flight, as far as admission is concerned. */
export interface Flight {
  readonly core: string;
  readonly order: Pick<WorkOrder, 'attemptMs' | 'strategy' | 'priority'>;
  readonly phase: 'early' | 'queued' | 'admitted' | 'over';
  /** An operator holds it: it waits for nothing else. */
  readonly isParked: boolean;
  /** Whether the token it was admitted with has been used. */
  readonly isTriggered: boolean;
}

export const NEW_FLIGHT = { phase: 'early', isTriggered: false, isParked: false } as const;

export function isWaiting({ phase, isParked }: Flight): boolean {
  return phase === 'queued' && !isParked;
}

export function moved(flight: Flight, event: InstanceEvent): Flight {
  const { order } = flight;
  if (event.type === 'UpgradePrioritized') {
    return { ...flight, order: { ...order, priority: event.data.priority } };
  }
  const phase = phaseAfter(flight, event);
  const isTriggered =
    event.type === 'DeploymentRequested' || (phase !== 'queued' && flight.isTriggered);
  const isParked = event.type === 'InstanceParked' || (flight.isParked && !opensAgain(event));
  return { ...flight, phase, isTriggered, isParked };
}

function phaseAfter({ phase, order }: Flight, event: InstanceEvent): Flight['phase'] {
  if (event.type === 'UpgradeRetried') return isBeforeDeployment(event) ? 'queued' : 'over';
  if (endsDeployment(event)) return 'over';
  if (phase === 'admitted' || phase === 'over') return phase;
  if (isAdmission(order, event)) return 'admitted';
  return opensQueue(order, event) ? 'queued' : phase;
}

function opensAgain({ type }: InstanceEvent): boolean {
  return type === 'InstanceUnparked' || type === 'UpgradeRetried';
}

function isBeforeDeployment({ data }: InstanceEventOf<'UpgradeRetried'>): boolean {
  return data.fromStage === 'pre-upgrade' || data.fromStage === 'upgrade';
}

function opensQueue(order: Flight['order'], { type }: InstanceEvent): boolean {
  return type === (isAdmittedFirst(order) ? 'UpgradeRequested' : 'UpgradePending');
}

function isAdmission(order: Flight['order'], event: InstanceEvent): boolean {
  if (event.type === 'PreUpgradeStarted') return isAdmittedFirst(order);
  return isUpgradeIntent(event);
}

/** The announcement that an upgrade is about to be asked of Lagoon. */
function isUpgradeIntent(event: InstanceEvent): boolean {
  if (event.type === 'ScriptRequested') return event.data.step === 'upgrade';
  return event.type === 'DeploymentRequested';
}

export function isRepeatedTrigger(event: InstanceEvent): boolean {
  return event.type === 'DeploymentRequested' && event.data.callNo > 1;
}

function endsDeployment({ type }: InstanceEvent): boolean {
  return destinationsOf(type).some(
    (status) => status !== 'upgrade-running' && !isBefore(status, 'upgrade-running'),
  );
}

export function endsUpgrade({ type }: InstanceEvent): boolean {
  return destinationsOf(type).some((status) => !isInFlight(status));
}
