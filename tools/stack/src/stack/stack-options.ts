import type { InfrastructureName } from './infrastructure';
import type { ServiceName } from './service-catalog';

type Settings = Readonly<Record<string, string>>;

export interface StackOptions {
  /** Kept after the end when given; else a temporary folder that goes with the stack. */
  readonly dir?: string;
  /** All of it when not given. */
  readonly infrastructure?: readonly InfrastructureName[];
  /** All of them when not given. */
  readonly services?: readonly ServiceName[];
  /** Settings of the embedded event store (`UPLIFT_EMBEDDED_EVENTSTORE_*`). */
  readonly eventStore?: Settings;
  /** Settings of the Lagoon simulator (`UPLIFT_SIMULATOR_*`). */
  readonly simulator?: Settings;
  /** Settings of every service. */
  readonly env?: Settings;
  /** Settings of one service. */
  readonly serviceEnv?: Readonly<Partial<Record<ServiceName, Settings>>>;
}
