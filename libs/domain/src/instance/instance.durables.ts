import type { UpgradeStage } from '../status';
import { UPGRADE_STAGES } from '../status';
import type { InstanceEventType } from './instance.events';
import type { Lifecycle, Transition } from './instance.lifecycle';

/** Name of a durable consumer of the bus. */
export type DurableName = {
  [Type in InstanceEventType]: Lifecycle[Type] extends {
    consumer: infer Name extends string;
    owner: infer Owner;
  }
    ? Owner extends 'named-in-data'
      ? `${UpgradeStage}-${Name}`
      : Name
    : never;
}[InstanceEventType];

/** The durable consumers that hand an event to the workers. */
export function durablesOf({ consumer, owner }: Transition): readonly DurableName[] {
  if (consumer === undefined) return [];
  const names =
    owner === 'named-in-data' ? UPGRADE_STAGES.map((stage) => `${stage}-${consumer}`) : [consumer];
  return names as DurableName[];
}
