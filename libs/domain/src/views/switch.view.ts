import type { RecordedSystemEvent } from '../system/system.events';
import { isSwitching } from '../system/system-switch';

/** A switch of starts as it was set last: of one Lagoon core, or of the whole system. */
export interface SwitchView {
  readonly switchId: string;
  /** Null: all cores. */
  readonly core: string | null;
  readonly isStopped: boolean;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly requestedBy: string;
  readonly reason: string;
}

const ALL = 'all';

/** The row that an event makes, whatever it was before; null if the event sets no switch. */
export function switchView({ event, at }: RecordedSystemEvent): SwitchView | null {
  if (!isSwitching(event)) return null;
  const { core, requestedBy, reason } = event.data;
  return {
    // In the order of ids that of the system is the first.
    switchId: core === null ? ALL : `core:${core}`,
    ...{ core, isStopped: event.type === 'StartsStopped', since: at, requestedBy, reason },
  };
}
