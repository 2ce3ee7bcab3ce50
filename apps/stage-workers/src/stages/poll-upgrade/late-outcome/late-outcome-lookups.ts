import type { OnApplicationShutdown } from '@nestjs/common';
import type { LagoonCores, LagoonDeployment } from '@uplift/lagoon';
import { pause } from '../../../runner/pause';
import type { GivenUp } from './late-outcome-failure';
import type { Trace } from './late-outcome-traces';
import { tracesOfBuilds, tracesOfTasks } from './late-outcome-traces';

/** Rows of one environment that are looked at. */
const NEWEST = 20;

interface Gathering {
  readonly environmentIds: Set<number>;
  readonly found: Promise<ReadonlyMap<number, readonly LagoonDeployment[]>>;
}

/** Looks for builds that come within a short time of each other share the requests to their core. */
export class LateOutcomeLookups implements OnApplicationShutdown {
  private readonly gatherings = new Map<string, Gathering>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly cores: LagoonCores,
    /** How long a look-up waits for others, in ms. */
    private readonly gatherMs: number,
    private readonly wait: typeof pause = pause,
  ) {}

  /**
   * What the attempt left in Lagoon, newest first; null if Lagoon gave no answer for the environment. Throws as
   * reads of Lagoon do, and the signal's reason when it aborts.
   */
  async tracesOf(
    { core, environmentId, effect, marker }: GivenUp,
    signal: AbortSignal,
  ): Promise<readonly Trace[] | null> {
    if (effect === 'script') {
      const { lagoon } = this.cores.of(core);
      return tracesOfTasks(await lagoon.tasksOf(environmentId, { limit: NEWEST }, signal), marker);
    }
    const { environmentIds, found } = this.gatherings.get(core) ?? this.gather(core);
    environmentIds.add(environmentId);
    const rows = (await unlessAborted(found, signal)).get(environmentId);
    return rows === undefined ? null : tracesOfBuilds(rows, marker);
  }

  onApplicationShutdown(): void {
    this.stopping.abort();
  }

  private gather(core: string): Gathering {
    const environmentIds = new Set<number>();
    const gathering = { environmentIds, found: this.lookUp(core, environmentIds) };
    this.gatherings.set(core, gathering);
    return gathering;
  }

  private async lookUp(core: string, environmentIds: ReadonlySet<number>) {
    const { signal } = this.stopping;
    try {
      await this.wait(this.gatherMs, signal);
    } finally {
      this.gatherings.delete(core);
    }
    const ids = [...environmentIds];
    const lookups = ids.map((environmentId) => ({ environmentId, limit: NEWEST }));
    return this.cores.of(core).lagoon.deploymentsOfMany(lookups, signal);
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
