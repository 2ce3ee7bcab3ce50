import { randomUUID } from 'node:crypto';
import { BusClient } from '@uplift/bus';
import type { NatsBusConnection } from '@uplift/bus';
import { COMMAND_SUBJECTS, eventTypeFilter, ProblemError, QUERY_SUBJECTS } from '@uplift/contracts';
import { eachOf } from '../load';

/** Commands sent and not answered yet. */
export const COMMANDS_IN_FLIGHT = 64;
const REQUEST_LIMIT_MS = 30_000;
/** How long a read model may take to catch up after the last upgrade. */
const READ_MODEL_LIMIT_MS = 300_000;

/** Longest time in which upgrades are awaited and none begins or ends. */
const SILENCE_LIMIT_MS = 60_000;

const FAILURES = [
  'PreUpgradeFailed',
  'UpgradeFailed',
  'PostUpgradeFailed',
  'InstanceFoundUnhealthy',
  'InstanceFoundUnresponsive',
  'StageParked',
] as const;

export interface BenchInstance {
  readonly instanceId: string;
  readonly project: string;
  readonly environment: string;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** What the bench does as a client of Uplift, all of it over the bus. */
export class UpliftClient {
  private readonly bus: BusClient;

  constructor(bus: NatsBusConnection) {
    this.bus = new BusClient(bus);
  }

  register(fleet: readonly BenchInstance[]): Promise<void> {
    return eachOf(fleet, COMMANDS_IN_FLIGHT, (instance) =>
      this.command(COMMAND_SUBJECTS.registerInstance, `register-${instance.instanceId}`, {
        ...instance,
        app: 'bench',
        status: 'running-healthy-claimed',
        labels: { fleet: 'bench' },
      }),
    );
  }

  async upgrade({ instanceId }: BenchInstance): Promise<void> {
    const body = { instanceId, reason: 'bench' };
    await this.command(COMMAND_SUBJECTS.triggerUpgrade, `upgrade-${instanceId}`, body);
  }

  /** Resolves when queries reflect the store up to a position. */
  async seesUpTo(position: bigint): Promise<void> {
    const endsAt = performance.now() + READ_MODEL_LIMIT_MS;
    while (!(await this.sees(position))) {
      if (performance.now() > endsAt) throw new Error('The read model does not catch up');
    }
  }

  /** False when the read model has not got there within the projector's own patience. */
  private async sees(position: bigint): Promise<boolean> {
    const query = { minPosition: position.toString() };
    try {
      await this.bus.request(QUERY_SUBJECTS.instanceStats, query, { timeoutMs: REQUEST_LIMIT_MS });
      return true;
    } catch (error) {
      if (error instanceof ProblemError && error.problem.code === 'read-model-behind') return false;
      throw error;
    }
  }

  private command(subject: string, idempotencyKey: string, body: object): Promise<unknown> {
    const options = { idempotencyKey, timeoutMs: REQUEST_LIMIT_MS };
    return this.bus.request(subject, body, options);
  }
}

/** Tells when upgrades have ended, by their last event on the bus: one light message per upgrade. */
export class OutcomeWatch {
  private readonly waiting = new Map<string, Waiting>();
  private readonly silence: NodeJS.Timeout;

  constructor(bus: NatsBusConnection) {
    this.silence = setInterval(() => this.giveUp(), SILENCE_LIMIT_MS);
    const listen = (type: string, onEnd: (instanceId: string) => void) =>
      bus.nats.subscribe(eventTypeFilter('instance', type), {
        callback: (_error, { subject }) => onEnd(subject.slice(subject.lastIndexOf('.') + 1)),
      });
    listen('InstanceVerifiedHealthy', (instanceId) => this.end(instanceId)?.resolve());
    for (const type of FAILURES) {
      listen(type, (instanceId) =>
        this.end(instanceId)?.reject(new Error(`${type} at instance ${instanceId}`)),
      );
    }
  }

  /** Ask before the upgrade is requested. Rejects when it fails, or when nothing ends any more. */
  ended(instanceId: string): Promise<void> {
    this.silence.refresh();
    const end = new Promise<void>((resolve, reject) =>
      this.waiting.set(instanceId, { resolve, reject }),
    );
    // Whoever awaits it may do so later than it fails.
    end.catch(() => undefined);
    return end;
  }

  close(): void {
    clearInterval(this.silence);
  }

  private end(instanceId: string): Waiting | undefined {
    this.silence.refresh();
    const waiting = this.waiting.get(instanceId);
    this.waiting.delete(instanceId);
    return waiting;
  }

  private giveUp(): void {
    const words = `No upgrade began or ended for ${SILENCE_LIMIT_MS} ms; ${this.waiting.size} are awaited`;
    for (const { reject } of this.waiting.values()) reject(new Error(words));
    this.waiting.clear();
  }
}

/** Names are new every time: one stack sees several fleets. */
export function makeFleet(size: number): BenchInstance[] {
  const fleet = randomUUID().slice(0, 8);
  return Array.from({ length: size }, (_, n) => ({
    instanceId: randomUUID(),
    project: `bench-${fleet}-${n}`,
    environment: 'main',
  }));
}
