import { COMMAND_SUBJECTS, ProblemError } from '@uplift/contracts';
import type { InstanceState } from '@uplift/domain';
import type { Randomness } from '@uplift/runtime';
import { commandIdOf } from '../../apps/command-api/src/commands/command-request';
import type { ClientAnswer, ClientOperation } from '../history/run-history';
import type { FleetView } from './fleet-view';
import type { World } from './world';

const REPEAT_MS = 700;
/** Repeats of a command whose outcome is not known. */
const MOST_REPEATS = 40;
const TIMEOUT_MS = 3_000;

const REASON = { reason: 'simulated' };

/** What may be asked of an instance whose upgrade is known, by the command's name. */
const ON_UPGRADE = {
  cancelUpgrade: {},
  retryUpgrade: {},
  abandonUpgrade: {},
  resolveOutcome: { notLanded: true },
  redriveStage: {},
  rollBackUpgrade: {},
  prioritizeUpgrade: {},
} as const;

/** What may be asked of any instance, by the command's name. */
const ON_INSTANCE = {
  triggerUpgrade: {},
  parkInstance: {},
  unparkInstance: {},
  claimInstance: {},
  unclaimInstance: {},
  updateInstance: { scripts: {}, healthProbe: { path: '/health' } },
  deregisterInstance: { cancel: true },
} as const;

export const STEPS = [
  ...(Object.keys(ON_UPGRADE) as (keyof typeof ON_UPGRADE)[]),
  ...(Object.keys(ON_INSTANCE) as (keyof typeof ON_INSTANCE)[]),
  'stopStarts',
  'allowStarts',
] as const;
export type Step = (typeof STEPS)[number];

export interface SimulatedInstance {
  readonly instanceId: string;
  readonly project: string;
  readonly hasScripts: boolean;
}

/** People and services that send commands, and repeat each under its key until they know what became of it. */
export class Operators {
  readonly operations: ClientOperation[] = [];
  /** Commands whose outcome is not known yet. */
  open = 0;
  private sent = 0;

  constructor(
    private readonly world: World,
    private readonly fleet: FleetView,
    private readonly randomness: Randomness,
  ) {}

  register({ instanceId, project, hasScripts }: SimulatedInstance): void {
    const script = (command: string) => ({ service: 'cli', command });
    const scripts = { preUpgrade: script('./before.sh'), postUpgrade: script('./after.sh') };
    this.send('registerInstance', instanceId, {
      ...{ instanceId, project, environment: 'main', app: 'shop' },
      ...{ status: 'running-healthy-claimed', labels: { of: 'simulation' } },
      ...(hasScripts ? { scripts } : {}),
      healthProbe: { path: '/health' },
    });
  }

  /** What somebody asks for in this moment, whether or not it makes sense. */
  ask(step: Step, instanceId: string): void {
    if (step === 'stopStarts' || step === 'allowStarts') return this.send(step, null, REASON);
    if (isOnInstance(step)) {
      return this.send(step, instanceId, { instanceId, ...REASON, ...ON_INSTANCE[step] });
    }
    const upgradeId = upgradeOf(this.fleet.stateOf(instanceId));
    if (upgradeId === undefined) return;
    this.send(step, instanceId, { instanceId, upgradeId, ...REASON, ...ON_UPGRADE[step] });
  }

  /** The store as it is counts. */
  acceptStore(): void {
    this.send('acceptStore', null, REASON);
  }

  private send(
    command: keyof typeof COMMAND_SUBJECTS,
    instanceId: string | null,
    body: object,
  ): void {
    this.sent += 1;
    this.open += 1;
    const key = `${command}-${this.sent}`;
    this.world.trace.note(`operator: ${command} ${instanceId ?? ''} (${key})`);
    void this.untilKnown(command, instanceId, body, key).finally(() => (this.open -= 1));
  }

  private async untilKnown(
    command: keyof typeof COMMAND_SUBJECTS,
    instanceId: string | null,
    body: object,
    idempotencyKey: string,
  ): Promise<void> {
    for (let n = 0; n < MOST_REPEATS; n += 1) {
      const invokedAt = this.world.scheduler.now;
      const answer = await this.answerTo(command, body, idempotencyKey);
      const completedAt = this.world.scheduler.now;
      this.world.trace.note(`operator: ${idempotencyKey} ${inWords(answer)}`);
      if (instanceId !== null) {
        const commandId = commandIdOf(instanceId, idempotencyKey);
        const operation = { instanceId, key: idempotencyKey, commandId, command };
        this.operations.push({ ...operation, invokedAt, completedAt, answer });
      }
      if (answer.kind !== 'unknown') return;
      await this.pause();
    }
  }

  private async answerTo(
    command: keyof typeof COMMAND_SUBJECTS,
    body: object,
    idempotencyKey: string,
  ): Promise<ClientAnswer> {
    const options = { idempotencyKey, timeoutMs: TIMEOUT_MS };
    try {
      const content = await this.world.client.request(COMMAND_SUBJECTS[command], body, options);
      const { upgradeId = null, revision, position } = content as Answer;
      return { kind: 'accepted', upgradeId, revision, position: BigInt(position) };
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const { code, retryable } = error.problem;
      return { kind: retryable === true ? 'unknown' : 'refused', code };
    }
  }

  private pause(): Promise<void> {
    const ms = REPEAT_MS * (0.5 + this.randomness.fraction());
    return new Promise((resolve) => this.world.scheduler.after(ms, resolve));
  }
}

interface Answer {
  readonly upgradeId?: string;
  readonly revision: number;
  readonly position: string;
}

function isOnInstance(step: Step): step is keyof typeof ON_INSTANCE {
  return step in ON_INSTANCE;
}

function upgradeOf(state: InstanceState): string | undefined {
  if (state.kind === 'upgrading') return state.workOrder.upgradeId;
  return state.kind === 'resting' ? state.lastUpgrade?.workOrder.upgradeId : undefined;
}

function inWords(answer: ClientAnswer): string {
  if (answer.kind === 'accepted') return `accepted at revision ${answer.revision}`;
  return `${answer.kind}: ${answer.code}`;
}
