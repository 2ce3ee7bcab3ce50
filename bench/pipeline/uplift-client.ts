import type { BusClient } from '@uplift/bus';
import { COMMAND_SUBJECTS, ProblemError, QUERY_SUBJECTS } from '@uplift/contracts';
import { eachOf } from '../load/each-of';
import type { BenchInstance } from './fleet';

/** Commands sent and not answered yet. */
export const COMMANDS_IN_FLIGHT = 64;
const COMMAND_LIMIT_MS = 30_000;
/** How long a read model may take to catch up after the last upgrade. */
const READ_MODEL_LIMIT_MS = 300_000;

/** What the bench does as a client of Uplift, all of it over the bus. */
export class UpliftClient {
  constructor(private readonly bus: BusClient) {}

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
      await this.bus.request(QUERY_SUBJECTS.instanceStats, query, { timeoutMs: 30_000 });
      return true;
    } catch (error) {
      if (isBehind(error)) return false;
      throw error;
    }
  }

  private command(subject: string, idempotencyKey: string, body: object): Promise<unknown> {
    const options = { idempotencyKey, timeoutMs: COMMAND_LIMIT_MS };
    return this.bus.request(subject, body, options);
  }
}

function isBehind(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.code === 'read-model-behind';
}
