export type DeploymentPhase = 'active' | 'complete' | 'failed' | 'cancelled';

const TERMINAL: ReadonlyMap<string, DeploymentPhase> = new Map([
  ['complete', 'complete'],
  ['failed', 'failed'],
  ['error', 'failed'],
  ['cancelled', 'cancelled'],
]);

/** What a build status means for us. A word of a later Lagoon is not an end. */
export function deploymentPhase(status: string): DeploymentPhase {
  return TERMINAL.get(status.toLowerCase()) ?? 'active';
}

/** A build that succeeded with warnings says so in its last step. */
export function completedWithWarnings(buildStep: string | null): boolean {
  return buildStep?.endsWith('WithWarnings') ?? false;
}

/** What a task status means for us, words of older Lagoons included. */
export function taskPhase(status: string): DeploymentPhase {
  return status.toLowerCase() === 'succeeded' ? 'complete' : deploymentPhase(status);
}
