import type { RefusalCause, Refused } from '../lagoon.outcomes';

type Rule = readonly [pattern: RegExp, cause: RefusalCause, retryable: boolean];

/**
 * Texts that Lagoon raises before a row exists: only these prove that nothing happened.
 * Lagoon has no error codes. A permission text is also what an outage of its Keycloak looks like.
 */
const RULES: readonly Rule[] = [
  [
    /^Unauthorized: You don't have permission to "[\w:.-]{1,60}" on "[\w:.-]{1,60}"/,
    'permission',
    true,
  ],
  [/^Unauthorized: You don't have permission/, 'permission', true],
  [/^Unauthorized to set (?:bulkId|priority), platform-admin only/, 'configuration', false],
  [/^Unauthorized$/, 'not-found', false],
  [/^(?:Deployments|Tasks) have been disabled for this project/, 'disabled', false],
  [/^Cannot deploy: deployBaseRef is empty/, 'configuration', false],
  [/^Unknown deploy type/, 'configuration', false],
  [/^Task (?:registration )?'\d{1,12}' could not be found/, 'not-found', false],
  [/^Cannot find argument type named/, 'configuration', false],
  [/^Invalid input "/, 'invalid-request', false],
  [/^A variable name must be provided/, 'invalid-request', false],
  [/^(?:Project|Environment) has idling disabled/, 'disabled', false],
];

const DEPLOY_TASK = /^Error deploying .{1,300}?: unable to create deploy task: (.*)$/s;
const DEPLOY_TASK_RULES: readonly Rule[] = [
  [/exceed (?:environment quota|production limit|development limit)/, 'quota', false],
  [/didn't match regex pattern/, 'configuration', false],
  [/deployments disabled for project branches/, 'disabled', false],
];

/**
 * Keeps only the part of the text that is known. Null: a text that this version does not know, so nobody can
 * tell what happened.
 */
export function knownRefusal(message: string): Refused | null {
  const detail = DEPLOY_TASK.exec(message)?.[1];
  return detail === undefined ? firstMatch(RULES, message) : firstMatch(DEPLOY_TASK_RULES, detail);
}

function firstMatch(rules: readonly Rule[], text: string): Refused | null {
  for (const [pattern, cause, retryable] of rules) {
    const match = pattern.exec(text);
    if (match !== null) return { kind: 'refused', cause, reason: match[0], retryable };
  }
  return null;
}
