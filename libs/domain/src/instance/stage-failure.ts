import type { InFlightStatus } from '../status';
import type { InstanceEvent, InstanceEventType, KnownFailure } from './instance.events';
import type { Leading, Transition } from './instance.lifecycle';
import { isLegalIn, LIFECYCLE, LIFECYCLE_ROWS } from './instance.lifecycle';

const FAILURES = LIFECYCLE_ROWS.map(([type]) => type).filter(isFailure);

/** The end of an attempt that goes no further than a status: a stage that fails, else an app that does not answer. */
export function failureIn(status: InFlightStatus, data: KnownFailure): InstanceEvent {
  const type = FAILURES.find((each) => isLegalIn(status, each));
  return { type: type ?? 'InstanceFoundUnresponsive', data };
}

function isFailure(type: InstanceEventType): type is Leading<`${string}-failed`> {
  const { to }: Transition = LIFECYCLE[type];
  return typeof to === 'string' && to.endsWith('-failed');
}
