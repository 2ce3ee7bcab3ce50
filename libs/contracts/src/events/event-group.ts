import type { InstanceEventData, InstanceEventType } from '@uplift/domain';
import type { Schema } from '../schema/schema';

/** Schemas of some events; that they fit the domain's types is checked by the compiler. */
export type EventGroup<Type extends InstanceEventType> = {
  readonly [T in Type]: Schema<InstanceEventData[T]>;
};
