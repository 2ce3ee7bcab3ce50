import type { InstanceDocument } from '@uplift/contracts';
import { errorMessage } from '@uplift/runtime';
import type { CliContext } from '../cli-context';
import { CommandFailure, EXIT } from '../exit-code';
import { upgradePath } from '../instance.command';
import type { UpgradeCommandAnswer } from './watch-upgrade';

export interface FailedUpgrade {
  readonly instanceId: string;
  readonly upgradeId: string;
}

/** Where an upgrade has ended in a failure, and the instance is as it left it. */
const FAILED = [
  'pre-upgrade-failed',
  'upgrade-failed',
  'post-upgrade-failed',
  'running-unhealthy',
  'running-unresponsive',
];

/** Of every page; an instance that comes twice because the list moved is taken once. */
export async function failedUpgrades(
  context: CliContext,
  reasonClass: string,
): Promise<readonly FailedUpgrade[]> {
  const query = new URLSearchParams({ 'reason-class': reasonClass, limit: '100' });
  const found = new Map<string, FailedUpgrade>();
  for await (const { instanceId, lastUpgradeId, status } of instances(context, query)) {
    if (lastUpgradeId === null || !FAILED.includes(status)) continue;
    found.set(instanceId, { instanceId, upgradeId: lastUpgradeId });
  }
  return [...found.values()];
}

async function* instances(
  context: CliContext,
  query: URLSearchParams,
): AsyncGenerator<InstanceDocument> {
  for (let cursor: string | null = ''; cursor !== null;) {
    if (cursor !== '') query.set('cursor', cursor);
    const page = await context.ask<'instancePage'>(`/v1/instances?${query.toString()}`);
    yield* page.items;
    cursor = page.nextCursor;
  }
}

/** One after the other, an answer line each; what was answered under this key before is not done again. */
export async function retryAll(
  context: CliContext,
  upgrades: readonly FailedUpgrade[],
  { body, key }: { readonly body: object; readonly key: string },
): Promise<void> {
  const { printer } = context;
  printer.say(`${upgrades.length} upgrades under --key ${key}: a repeat does nothing twice`);
  let failed = 0;
  printer.begin();
  for (const { instanceId: instance, upgradeId: upgrade } of upgrades) {
    const path = upgradePath(instance, upgrade, 'retry');
    try {
      const { status } = await context.command<UpgradeCommandAnswer>(
        path,
        body,
        `${key}.${upgrade}`,
      );
      printer.line({ instance, upgrade, answer: 'retried', status, detail: null });
    } catch (error) {
      failed += 1;
      const answer = isRefusal(error) ? 'refused' : 'unknown';
      printer.line({ instance, upgrade, answer, status: null, detail: errorMessage(error) });
    }
  }
  if (failed === 0) return;
  const words = `${failed} of ${upgrades.length} upgrades were not retried: see their lines`;
  throw new CommandFailure(EXIT.failed, words);
}

function isRefusal(error: unknown): boolean {
  return error instanceof CommandFailure && error.exitCode === EXIT.refused;
}
