import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { ApiClient } from '../api-client';
import type { CliContext } from '../cli-context';
import { CommandFailure, EXIT } from '../exit-code';
import type { Printer, Row } from '../output/printer';
import { instancePath } from './instance.command';
import { followUpgrade } from './follow-upgrade';

interface TriggerAnswer {
  readonly instanceId: string;
  readonly upgradeId: string;
  readonly status: string;
  readonly revision: number;
  readonly position: string;
}

interface StageTimes {
  readonly stage: string;
  readonly queuedMs: number | null;
  readonly activeMs: number | null;
}

export interface UpgradeAnswer {
  readonly upgradeId: string;
  readonly instanceId: string;
  readonly outcome: string;
  readonly buildName: string | null;
  readonly failure: { readonly reason: string } | null;
  readonly stages: readonly StageTimes[];
}

interface TriggerOptions {
  readonly strategy: string;
  readonly ref?: string;
  readonly reason: string;
  readonly key?: string;
  readonly wait?: boolean;
  readonly timeout: string;
}

export function upgradeCommand(context: CliContext): Command {
  const upgrade = new Command('upgrade').description('trigger upgrades and follow them');
  upgrade.addCommand(triggerCommand(context));
  upgrade
    .command('get')
    .argument('<upgrade>', 'upgrade id')
    .action(async (upgradeId: string) => {
      const document = await getUpgrade(context.api, upgradeId);
      context.printer.print({ document, rows: rowsOf(document.upgrade) });
    });
  upgrade
    .command('watch')
    .description('print every event of an upgrade until it has ended')
    .argument('<upgrade>', 'upgrade id')
    .option('--timeout <seconds>', 'give up after this long', '43200')
    .action(async (upgradeId: string, { timeout }: { timeout: string }) => {
      const { instanceId } = (await getUpgrade(context.api, upgradeId)).upgrade;
      await watch(context, { upgradeId, instanceId }, Number(timeout));
    });
  return upgrade;
}

function triggerCommand(context: CliContext): Command {
  return new Command('trigger')
    .description('ask for an upgrade of one instance')
    .argument('<instance>', 'instance id')
    .requiredOption('--reason <text>', 'why, for the audit')
    .option('--strategy <name>', 'redeploy-latest or branch-ref', 'redeploy-latest')
    .option('--ref <ref>', 'commit or tag for branch-ref')
    .option('--key <key>', 'idempotency key; made up if left out')
    .option('--wait', 'follow the upgrade to its end')
    .option('--timeout <seconds>', 'give up waiting after this long', '43200')
    .action(async (instanceId: string, options: TriggerOptions) => {
      const { strategy, ref, reason, key = randomUUID() } = options;
      const document = await context.api.json<TriggerAnswer>(
        `${instancePath(instanceId)}/upgrades`,
        {
          method: 'POST',
          headers: { 'idempotency-key': key },
          body: { strategy, reason, ...(ref === undefined ? {} : { target: { ref } }) },
        },
      );
      if (options.wait) return watch(context, document, Number(options.timeout));
      const { upgradeId, status, revision, position } = document;
      context.printer.print({
        document,
        rows: [{ upgrade: upgradeId, status, revision, position }],
      });
    });
}

async function watch(
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

function getUpgrade(
  api: ApiClient,
  upgradeId: string,
): Promise<{ readonly upgrade: UpgradeAnswer }> {
  return api.json(`/v1/upgrades/${encodeURIComponent(upgradeId)}`);
}

function rowsOf({ upgradeId, outcome, failure, buildName, stages }: UpgradeAnswer): Row[] {
  return stages.map(({ stage, queuedMs, activeMs }) => ({
    ...{ upgrade: upgradeId, outcome, stage, queuedMs, activeMs, build: buildName },
    failure: failure?.reason ?? null,
  }));
}
