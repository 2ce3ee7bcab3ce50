import type { ApiClient } from '../api-client';
import { CommandFailure, EXIT } from '../exit-code';
import type { Printer } from '../output/printer';
import { followUpgrade } from './follow-upgrade';

/** Prints every event of an upgrade; fails unless it ends well and in time. */
export async function watchUpgrade(
  { api, printer }: { readonly api: ApiClient; readonly printer: Printer },
  upgrade: { readonly upgradeId: string; readonly instanceId: string },
  timeoutSeconds: number,
): Promise<void> {
  const end = await followUpgrade(api, upgrade, timeoutSeconds, (row) => printer.line(row));
  if (end === 'timed-out') {
    throw new CommandFailure(EXIT.timedOut, `Upgrade ${upgrade.upgradeId} has not ended yet`);
  }
  if (end !== 'InstanceVerifiedHealthy') {
    throw new CommandFailure(EXIT.failed, `Upgrade ${upgrade.upgradeId} ended in ${end}`);
  }
}
