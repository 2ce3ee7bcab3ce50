import type { StopView, SystemView } from '@uplift/domain';
import { ALL_STARTS_ALLOWED, startsStoppedFor } from '@uplift/domain';
import type { LagoonCores } from '@uplift/lagoon';
import { knownCore } from './core-limits';

/** A switch that holds up all starts, of the system or of one core. */
export interface StoppedStarts {
  /** As a wait names it. */
  readonly target: string;
  readonly stop: StopView;
}

/** The core's own name: an instance may use another one. */
export type NameOf = (core: string) => string;

export function nameFrom(cores: LagoonCores): NameOf {
  return (core) => knownCore(cores, core)?.name ?? core;
}

/** Null if starts are allowed under both names of the core. */
export function stoppedStarts(
  view: SystemView,
  core: string,
  nameOf: NameOf,
): StoppedStarts | null {
  return startsStoppedFor(view, core) ?? startsStoppedFor(view, nameOf(core));
}

/** Whether operators allow attempts to begin and deployments to be triggered. */
export class StartsSwitch {
  private view: SystemView = ALL_STARTS_ALLOWED;
  private reading: Promise<void> | null = null;
  private following: Promise<void> | null = null;

  constructor(
    private readonly load: () => Promise<SystemView>,
    private readonly nameOf: NameOf,
  ) {}

  /** As the store has it now: nothing that was read before this call counts. */
  async read(core: string): Promise<StoppedStarts | null> {
    await this.refresh();
    return this.known(core);
  }

  /** As it was read last. */
  known(core: string): StoppedStarts | null {
    return stoppedStarts(this.view, core, this.nameOf);
  }

  /** However many ask while one read is under way, they share the next. */
  refresh(): Promise<void> {
    if (this.reading === null) return this.begin();
    this.following ??= this.reading.catch(() => undefined).then(() => this.begin());
    return this.following;
  }

  private begin(): Promise<void> {
    this.following = null;
    this.reading = this.look().finally(() => (this.reading = null));
    return this.reading;
  }

  private async look(): Promise<void> {
    this.view = await this.load();
  }
}
