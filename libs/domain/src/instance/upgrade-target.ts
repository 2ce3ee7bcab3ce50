/** How Lagoon is asked to bring the new version. */
export const UPGRADE_STRATEGIES = [
  'redeploy-latest',
  'branch-ref',
  'promote',
  'variables',
  'script',
] as const;

export type UpgradeStrategy = (typeof UPGRADE_STRATEGIES)[number];

export const VARIABLE_SCOPES = ['BUILD', 'RUNTIME', 'GLOBAL', 'CONTAINER_REGISTRY'] as const;
export type VariableScope = (typeof VARIABLE_SCOPES)[number];

/** A variable of the environment; its value stands in the history for ever, so it is never a secret. */
export interface TargetVariable {
  readonly name: string;
  readonly value: string;
  readonly scope: VariableScope;
}

/** A commit or tag of the environment's branch. */
export interface RefTarget {
  readonly ref: string;
}

/** Another environment of the same project, whose images are taken over. */
export interface PromoteTarget {
  readonly sourceEnvironment: string;
}

/** Variables to set; none means to roll out what is set already. */
export interface VariablesTarget {
  readonly variables: readonly TargetVariable[];
}

/** A command run as a Lagoon task in a pod of one of the environment's services. */
export interface CommandScript {
  readonly service: string;
  readonly command: string;
}

/** A task that is registered in Lagoon, by its name. */
export interface RegisteredScript {
  readonly registeredTask: string;
}

export type TaskScript = CommandScript | RegisteredScript;

export interface ScriptTarget {
  readonly script: TaskScript;
}

/** What to bring; null means the head of what the environment follows. */
export type UpgradeTarget = RefTarget | PromoteTarget | VariablesTarget | ScriptTarget;

/** How an instance is upgraded when the request does not say. */
export interface UpgradePlan {
  readonly strategy: UpgradeStrategy;
  readonly target: UpgradeTarget | null;
}

/** No shell or GraphQL metacharacters, no `..`, at most 100 characters. */
export const REF_PATTERN = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/;
export const VARIABLE_NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;

/** Names that usually hold a secret: such a variable is set in Lagoon itself. */
const SECRET_NAME = /key|secret|pass|token|credential|private|auth/i;
const MOST_VARIABLES = 50;
const LONGEST_VALUE = 2_000;

type Rule = (target: UpgradeTarget | null) => string | null;

const NO_TARGET: Rule = (target) =>
  target === null ? null : 'redeploy-latest takes no target: leave it out';

const RULES: Record<UpgradeStrategy, Rule> = {
  'redeploy-latest': NO_TARGET,
  'branch-ref': (target) => {
    if (target === null || !('ref' in target)) {
      return 'branch-ref needs target.ref: name a commit or tag';
    }
    return named('target.ref', target.ref);
  },
  promote: (target) => {
    if (target === null || !('sourceEnvironment' in target)) {
      return 'promote needs target.sourceEnvironment: name an environment of the same project';
    }
    return named('target.sourceEnvironment', target.sourceEnvironment);
  },
  variables: (target) => {
    if (target === null) return null;
    if (!('variables' in target)) return 'variables takes target.variables, or no target';
    return whyVariablesAreInvalid(target.variables);
  },
  script: (target) =>
    target !== null && 'script' in target
      ? null
      : 'script needs target.script: a service and a command, or a registered task',
};

/** Why strategy and target do not fit together, or null if they do. */
export function whyTargetIsInvalid(
  strategy: UpgradeStrategy,
  target: UpgradeTarget | null,
): string | null {
  return RULES[strategy](target);
}

function named(member: string, text: string): string | null {
  return REF_PATTERN.test(text)
    ? null
    : `${member} may hold letters, digits, ".", "_", "/" and "-", at most 100 characters`;
}

function whyVariablesAreInvalid(variables: readonly TargetVariable[]): string | null {
  if (variables.length > MOST_VARIABLES)
    return `at most ${MOST_VARIABLES} variables in one upgrade`;
  for (const { name, value } of variables) {
    if (!VARIABLE_NAME_PATTERN.test(name)) return `"${name}" is not a variable name`;
    if (SECRET_NAME.test(name)) {
      return `${name} looks like a secret, and the history keeps values for ever: set it in Lagoon, then upgrade without naming it`;
    }
    if (value.length > LONGEST_VALUE) {
      return `the value of ${name} is longer than ${LONGEST_VALUE} characters`;
    }
  }
  const names = new Set(variables.map(({ name }) => name));
  return names.size === variables.length ? null : 'a variable is named twice';
}
