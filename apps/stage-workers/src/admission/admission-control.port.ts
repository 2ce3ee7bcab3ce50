/** Why a core takes no further deployment for the moment. */
export type NoRoom = 'builds-in-flight' | 'trigger-rate';

/** Lets as many upgrades through to a Lagoon core as was agreed with those who run it. */
export abstract class AdmissionControl {
  /**
   * Resolves, first come first served, when the core has room for one more deployment. Nothing needs to be
   * released: what follows is read from the store. Rejects with the signal's reason when that aborts.
   */
  abstract enter(core: string, signal: AbortSignal): Promise<void>;

  /** The last one to enter asked for no deployment after all: the next need not wait to see it. */
  abstract giveBack(core: string): void;

  /** Null if there is room, or no limit. */
  abstract why(core: string): NoRoom | null;
}

class UnlimitedAdmission extends AdmissionControl {
  enter(_core: string, signal: AbortSignal): Promise<void> {
    return Promise.resolve().then(() => signal.throwIfAborted());
  }

  giveBack(): void {
    // Nothing is counted.
  }

  why(): null {
    return null;
  }
}

/** No limit on any core. */
export const UNLIMITED_ADMISSION: AdmissionControl = new UnlimitedAdmission();
