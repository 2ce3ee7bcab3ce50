import { UPGRADE_STAGES } from '@uplift/domain';

export const STARTABLE = [...UPGRADE_STAGES, 'watchdog'] as const;
export type Startable = (typeof STARTABLE)[number];

/** The name of all of them. */
const ALL = 'all';

/**
 * The stages a process works on: `--stage` options first, else the setting; nothing named means all.
 * Throws on a name that is not a stage.
 */
export function selectedStages(
  args: readonly string[],
  configured: readonly string[],
): readonly Startable[] {
  const fromArgs = args.flatMap((arg, n) => (arg === '--stage' ? [args[n + 1] ?? ''] : []));
  const names = fromArgs.length > 0 ? fromArgs : configured;
  const unknown = names.filter((name) => name !== ALL && !isStartable(name));
  if (unknown.length > 0) {
    throw new Error(`Unknown stage "${unknown.join('", "')}": use ${ALL}, ${STARTABLE.join(', ')}`);
  }
  const isAll = names.length === 0 || names.includes(ALL);
  return isAll ? STARTABLE : names.filter(isStartable);
}

function isStartable(name: string): name is Startable {
  return (STARTABLE as readonly string[]).includes(name);
}
