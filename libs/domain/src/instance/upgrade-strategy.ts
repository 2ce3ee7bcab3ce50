/** How Lagoon is asked to bring the new version. */
export const UPGRADE_STRATEGIES = [
  'redeploy-latest',
  'branch-ref',
  'promote',
  'variables',
  'script',
] as const;

export type UpgradeStrategy = (typeof UPGRADE_STRATEGIES)[number];

export function isUpgradeStrategy(text: string): text is UpgradeStrategy {
  return (UPGRADE_STRATEGIES as readonly string[]).includes(text);
}
