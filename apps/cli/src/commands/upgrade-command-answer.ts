import type { Row } from '../output/printer';

/** What the command API answers to a command that speaks of an upgrade. */
export interface UpgradeCommandAnswer {
  readonly instanceId: string;
  readonly upgradeId: string;
  readonly status: string;
  readonly revision: number;
  readonly position: string;
}

export function upgradeCommandRow(answer: UpgradeCommandAnswer): Row {
  const { upgradeId, status, revision, position } = answer;
  return { upgrade: upgradeId, status, revision, position };
}
