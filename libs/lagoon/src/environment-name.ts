import { createHash } from 'node:crypto';

/** Longest project and environment name together. */
const LONGEST_NAMES = 58;

/**
 * Whether a deployment of the branch is one of the environment. Lagoon is told a branch, never an environment: it
 * deploys to the environment that has the branch's name, in full or as it may stand in a host name, and creates it if
 * there is none.
 */
export function isDeployedFrom(
  { project, environment }: { readonly project: string; readonly environment: string },
  branch: string,
): boolean {
  const safe = safeName(branch);
  return safeName(environment) === safe || environment === shortened(project, safe);
}

function safeName(text: string): string {
  return text.toLowerCase().replace(/[^0-9a-z-]/g, '-');
}

function shortened(project: string, safe: string): string {
  const room = LONGEST_NAMES - project.length;
  if (safe.length <= room) return safe;
  const hash = createHash('sha1').update(safe).digest('hex').slice(0, 4);
  return `${safe.slice(0, Math.max(0, room - 5))}-${hash}`;
}
