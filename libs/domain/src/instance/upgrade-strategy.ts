/** How Lagoon is asked to bring the new version. */
export const UPGRADE_STRATEGIES = ['redeploy-latest', 'branch-ref'] as const;

export type UpgradeStrategy = (typeof UPGRADE_STRATEGIES)[number];

/** What to deploy; null means the head of what the environment follows. */
export interface UpgradeTarget {
  /** Commit or tag. */
  readonly ref: string;
}

/** No shell or GraphQL metacharacters, no `..`, at most 100 characters. */
export const REF_PATTERN = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/;

export function isUpgradeStrategy(text: string): text is UpgradeStrategy {
  return (UPGRADE_STRATEGIES as readonly string[]).includes(text);
}

/** Why strategy and target do not fit together, or null if they do. */
export function whyTargetIsInvalid(
  strategy: UpgradeStrategy,
  target: UpgradeTarget | null,
): string | null {
  if (strategy === 'redeploy-latest') {
    return target === null ? null : 'redeploy-latest takes no target: leave it out';
  }
  if (target === null) return 'branch-ref needs target.ref: name a commit or tag';
  return REF_PATTERN.test(target.ref)
    ? null
    : 'target.ref may hold letters, digits, ".", "_", "/" and "-", at most 100 characters';
}
