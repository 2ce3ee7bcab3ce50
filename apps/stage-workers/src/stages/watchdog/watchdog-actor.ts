import type { Actor } from '@uplift/contracts';

const SUFFIX = '/watchdog';

/** The watchdog writes under a name of its own: what it explains is no evidence for what explains it. */
export function watchdogActor({ type, id }: Actor): Actor {
  return { type, id: `${id}${SUFFIX}` };
}

export function isByWatchdog(actorId: string): boolean {
  return actorId.endsWith(SUFFIX);
}
