/** The workers; `poll-upgrade` also verifies health at the end. */
export const UPGRADE_STAGES = ['pre-upgrade', 'upgrade', 'poll-upgrade', 'post-upgrade'] as const;
export type UpgradeStage = (typeof UPGRADE_STAGES)[number];
