import type { NatsBusConnection } from '@uplift/bus';
import { eventTypeFilter } from '@uplift/contracts';

const FAILURES = [
  'PreUpgradeFailed',
  'UpgradeFailed',
  'PostUpgradeFailed',
  'InstanceFoundUnhealthy',
  'InstanceFoundUnresponsive',
  'StageParked',
] as const;

/** Longest time without the end of any upgrade, while some are awaited. */
const SILENCE_LIMIT_MS = 60_000;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Tells when upgrades have ended, by their last event on the bus: one light message per upgrade. */
export class OutcomeWatch {
  private readonly waiting = new Map<string, Waiting>();
  private readonly silence: NodeJS.Timeout;

  constructor(bus: NatsBusConnection) {
    this.silence = setInterval(() => this.giveUp(), SILENCE_LIMIT_MS);
    listen(bus, 'InstanceVerifiedHealthy', (instanceId) => this.end(instanceId)?.resolve());
    for (const type of FAILURES) {
      listen(bus, type, (instanceId) =>
        this.end(instanceId)?.reject(new Error(`${type} at instance ${instanceId}`)),
      );
    }
  }

  /** Ask before the upgrade is requested. Rejects when it fails, or when nothing ends any more. */
  ended(instanceId: string): Promise<void> {
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
    const words = `No upgrade ended for ${SILENCE_LIMIT_MS} ms; ${this.waiting.size} are awaited`;
    for (const { reject } of this.waiting.values()) reject(new Error(words));
    this.waiting.clear();
  }
}

function listen(bus: NatsBusConnection, type: string, onEnd: (instanceId: string) => void): void {
  bus.nats.subscribe(eventTypeFilter('instance', type), {
    callback: (_error, { subject }) => onEnd(subject.slice(subject.lastIndexOf('.') + 1)),
  });
}
