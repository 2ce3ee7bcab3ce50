import type { StopView, SystemView } from '@uplift/domain';
import { ALL_STARTS_ALLOWED, startsStoppedFor } from '@uplift/domain';

/** A switch that holds up all starts, of the system or of one core. */
export interface StoppedStarts {
  /** As a wait names it. */
  readonly target: string;
  readonly stop: StopView;
}

/** Whether operators allow attempts to begin and deployments to be triggered. */
export class StartsSwitch {
  private view: SystemView = ALL_STARTS_ALLOWED;
  private reading: Promise<void> | null = null;
  private following: Promise<void> | null = null;

  constructor(
    private readonly load: () => Promise<SystemView>,
    /** The core's own name: an instance may use another one. */
    private readonly nameOf: (core: string) => string,
  ) {}

  /** As the store has it now: nothing that was read before this call counts. */
  async read(core: string): Promise<StoppedStarts | null> {
    await this.refresh();
    return this.known(core);
  }

  /** As it was read last. */
  known(core: string): StoppedStarts | null {
    return startsStoppedFor(this.view, core) ?? startsStoppedFor(this.view, this.nameOf(core));
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
