import type { LagoonTask } from './lagoon.types';

/** The argument of a registered command task that takes our marker. */
export const MARKER_ARGUMENT = 'UPLIFT_MARKER';

const MARKER = /^[\w .:@-]{1,100}$/;

/** True if the text may become a part of a command. */
export function isSafeMarker(marker: string): boolean {
  return MARKER.test(marker);
}

/** True if the task is the one that was added under this name or invoked with this marker. */
export function carriesMarker(
  { name, command }: Pick<LagoonTask, 'name' | 'command'>,
  marker: string,
): boolean {
  return name === marker || (command ?? '').includes(`${MARKER_ARGUMENT}="${marker}"`);
}
