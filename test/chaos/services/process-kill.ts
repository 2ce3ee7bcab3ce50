import type { InstanceEventType, InstanceStatus } from '@uplift/domain';
import type { InfrastructureName, ServiceName } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';
import type { RunningUplift } from '../../support/running-uplift';

/** A mutation of Lagoon whose answer must not reach the process before it is killed. */
interface DoubtfulCall {
  readonly field: 'deployEnvironmentLatest' | 'addTask';
  /** Events that show its answer to have been received. */
  readonly answeredBy: readonly InstanceEventType[];
}

/** Which process is killed, when, and which instances then wait until it is back. */
export interface KillTarget {
  readonly name: ServiceName | InfrastructureName;
  /** The kill comes as soon as this many instances have got as far as this event. */
  readonly killAt: { readonly type: InstanceEventType; readonly instances: number };
  /** And as soon as that many of these calls have taken place and are not answered. */
  readonly inDoubt?: DoubtfulCall;
  /** Statuses in which an instance waits for the process; absent: any upgrade in flight. */
  readonly holds?: readonly InstanceStatus[];
}

const FEW = 5;

const TASK: DoubtfulCall = {
  field: 'addTask',
  answeredBy: ['PreUpgradeCompleted', 'PostUpgradeCompleted'],
};

const WORKER_KILLS: readonly KillTarget[] = [
  {
    name: 'pre-upgrade',
    killAt: { type: 'PreUpgradeStarted', instances: FEW },
    inDoubt: TASK,
    holds: ['pending-pre-upgrade', 'pre-upgrade-running'],
  },
  {
    name: 'upgrade',
    killAt: { type: 'DeploymentRequested', instances: FEW },
    inDoubt: { field: 'deployEnvironmentLatest', answeredBy: ['DeploymentAccepted'] },
    holds: ['pending-upgrade', 'upgrade-running'],
  },
  {
    name: 'poll-upgrade',
    killAt: { type: 'DeploymentProgressed', instances: FEW },
    holds: ['upgrade-running', 'post-upgrade-completed'],
  },
  {
    name: 'post-upgrade',
    killAt: { type: 'PostUpgradeStarted', instances: FEW },
    inDoubt: TASK,
    holds: ['pending-post-upgrade', 'post-upgrade-running'],
  },
];

/** The same moments, with all stages in the process that is killed. */
export const STAGES_KILLS: readonly KillTarget[] = WORKER_KILLS.map(
  ({ holds: _holds, ...target }) => ({ ...target, name: 'stages' }),
);

const EARLY = { type: 'UpgradeRequested', instances: 2 * FEW } as const;
const MIDWAY = { type: 'DeploymentAccepted', instances: FEW } as const;

const OTHER_SERVICES: readonly KillTarget[] = [
  { name: 'relay', killAt: MIDWAY },
  { name: 'projector', killAt: MIDWAY },
  { name: 'command-api', killAt: EARLY },
  { name: 'watchdog', killAt: MIDWAY },
];

export const SERVICE_KILLS = [...WORKER_KILLS, ...OTHER_SERVICES];

export const SERVER_KILLS: readonly KillTarget[] = [
  { name: 'eventstore', killAt: EARLY },
  { name: 'eventstore', killAt: MIDWAY },
  { name: 'nats', killAt: MIDWAY },
  { name: 'postgres', killAt: MIDWAY },
];

/** What a killed worker held comes again soon enough for many kills in one run. */
export const SOON_REDELIVERED = { UPLIFT_ACK_WAIT_MS: '1500' };

const CALLS_IN_DOUBT = 5;
const SLOW_ANSWER_MS = 500;

/** One `kill -9` in the middle of a fleet's upgrades, and the restart. */
export class ProcessKill {
  private callsBefore = 0;

  constructor(
    private readonly uplift: RunningUplift,
    private readonly target: KillTarget,
    private readonly instanceIds: readonly string[],
  ) {}

  /** Has Lagoon answer the calls in question late, so that the kill can come first. */
  async prepare(): Promise<void> {
    const { inDoubt } = this.target;
    if (!inDoubt) return;
    const { field } = inDoubt;
    this.callsBefore = await this.callsOf(field);
    const times = 2 * this.instanceIds.length;
    await this.uplift.lagoon.plan({ kind: 'slow', field, delayMs: SLOW_ANSWER_MS, times });
  }

  /** Kills at the moment that is asked for, and sees instances wait for the process. */
  async inject(): Promise<void> {
    const { log } = this.uplift;
    const { killAt, inDoubt, name } = this.target;
    const reached = () => log.count(killAt.type, this.instanceIds);
    await log.until(
      () => reached() >= killAt.instances,
      () => `${killAt.type}: ${reached()}`,
    );
    if (inDoubt) await eventually(() => this.expectInDoubt(inDoubt, CALLS_IN_DOUBT));
    const { signal } = await this.part.kill('SIGKILL');
    expect(signal).toBe('SIGKILL');
    if (inDoubt) await this.expectInDoubt(inDoubt, 1);
    await log.until(
      () => heldBack(this.target, this.uplift, this.instanceIds).length > 0,
      () => `instances that wait for ${name}`,
    );
  }

  /** Forgets what is left of the late answers, too. Does nothing to a process that runs. */
  async recover(): Promise<void> {
    await this.uplift.lagoon.planNothing();
    if (this.part.hasExited) await this.part.restart();
  }

  private get part() {
    const { name } = this.target;
    const found = this.uplift.stack.parts.find((part) => part.name === name);
    if (found) return found;
    throw new Error(`${name} does not run`);
  }

  private async callsOf(field: string): Promise<number> {
    return (await this.uplift.lagoon.ledger()).fields[field] ?? 0;
  }

  private async expectInDoubt({ field, answeredBy }: DoubtfulCall, least: number): Promise<void> {
    const calls = (await this.callsOf(field)) - this.callsBefore;
    const answered = answeredBy.map((type) => this.uplift.log.count(type, this.instanceIds));
    const inDoubt = answered.reduce((left, count) => left - count, calls);
    expect(inDoubt).toBeGreaterThanOrEqual(least);
  }
}

/** Those of the instances that cannot go on without the process. */
function heldBack({ holds }: KillTarget, { log }: RunningUplift, instanceIds: readonly string[]) {
  return log.inFlight(instanceIds).filter((id) => {
    const status = log.statusOf(id);
    return holds === undefined || (status !== undefined && holds.includes(status));
  });
}
