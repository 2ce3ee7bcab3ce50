import type { UpgradeDocument } from '@uplift/contracts';
import { Command, Option } from 'commander';
import type { Answer } from '../api-client';
import type { CliContext } from '../cli-context';
import { instancePath } from '../instance.command';
import {
  instanceArgument,
  instanceIdOf,
  upgradeIdOf,
  upgradeReferenceArgument,
} from '../instance-reference';
import {
  keyOption,
  reasonOption,
  strategyOption,
  timeIn,
  timeoutOption,
  withOptions,
} from '../options';
import type { Row } from '../printer';
import { queryOptions, queryString } from '../query-options';
import { reportCommand } from '../report/report.command';
import { operatorCommands, priorityOption } from './operator.commands';
import type { TargetOptions } from './target-options';
import { targetOf, targetOptions } from './target-options';
import type { UpgradeCommandAnswer } from './watch-upgrade';
import { printAnswer, waitForUpgrade, watchUpgrade } from './watch-upgrade';

interface TriggerOptions extends TargetOptions {
  readonly strategy?: string;
  readonly wave?: string;
  readonly repair?: boolean;
  readonly priority?: string;
  readonly startBy?: string;
  readonly reason: string;
  readonly key?: string;
  readonly wait?: boolean;
  readonly timeout: number;
}

export function upgradeCommand(context: CliContext): Command {
  const upgrade = new Command('upgrade')
    .description('trigger upgrades, follow them and step in')
    .addCommand(triggerCommand(context));
  operatorCommands(context).forEach((command) => upgrade.addCommand(command));
  return upgrade
    .addCommand(listCommand(context))
    .addCommand(getCommand(context))
    .addCommand(watchCommand(context))
    .addCommand(reportCommand(context));
}

function triggerCommand(context: CliContext): Command {
  const command = new Command('trigger')
    .description('ask for an upgrade of one instance')
    .addArgument(instanceArgument())
    .addOption(reasonOption())
    .addOption(strategyOption('else the plan of the instance'))
    .option('--wave <id>', 'upgrades of one wave are polled together')
    .option('--repair', 'also of an instance that is unhealthy or does not answer')
    .addOption(priorityOption())
    .addOption(
      new Option('--start-by <time>', 'RFC 3339; not begun by then, the upgrade expires').argParser(
        timeIn,
      ),
    )
    .addOption(keyOption())
    .option('--wait', 'follow the upgrade to its end')
    .addOption(timeoutOption())
    .action(async (instance: string, options: TriggerOptions) => {
      const { strategy, reason, wave: waveId, repair, priority, startBy } = options;
      const { key, wait, timeout } = options;
      const asked = { repair, priority, startBy };
      const body = { reason, strategy, waveId, ...asked, ...targetOf(options) };
      const path = `${instancePath(await instanceIdOf(context, instance))}/upgrades`;
      const document = await context.command<UpgradeCommandAnswer>(path, body, key);
      if (!wait) return printAnswer(context, document);
      await waitForUpgrade(context, document, timeout);
    });
  targetOptions().forEach((option) => command.addOption(option));
  return command;
}

function listCommand(context: CliContext): Command {
  const list = new Command('list').description(
    'upgrades of all instances that fit every option, newest first',
  );
  return withOptions(list, queryOptions('upgradeList', context.clock)).action(
    async (options: object) => {
      const path = `/v1/upgrades${queryString('upgradeList', options)}`;
      const document = await context.ask<'upgradePage'>(path);
      context.printer.print({ document, rows: document.items.map(lineOf) });
      context.tellReasons(document.items.map(({ failure }) => failure?.reason ?? null));
      context.tellMore(document.nextCursor);
    },
  );
}

function getCommand(context: CliContext): Command {
  return new Command('get')
    .description('one upgrade, a row for each stage')
    .addArgument(upgradeReferenceArgument())
    .action(async (reference: string) => {
      const document = await getUpgrade(context, reference);
      context.printer.print({ document, rows: rowsOf(document.upgrade) });
    });
}

function watchCommand(context: CliContext): Command {
  return new Command('watch')
    .description('print every event of an upgrade, from the first, until it has ended')
    .addArgument(upgradeReferenceArgument())
    .addOption(timeoutOption())
    .action(async (reference: string, { timeout }: { timeout: number }) => {
      const { upgrade } = await getUpgrade(context, reference);
      await watchUpgrade(context, upgrade, timeout);
    });
}

async function getUpgrade(context: CliContext, reference: string): Promise<Answer<'upgrade'>> {
  const upgradeId = await upgradeIdOf(context, reference);
  return context.ask<'upgrade'>(`/v1/upgrades/${encodeURIComponent(upgradeId)}`);
}

/** With the names by which its instance is acted on. */
function lineOf({ upgradeId, failure, ...upgrade }: UpgradeDocument): Row {
  const { project, environment, app, outcome, status, requestedAt } = upgrade;
  const reason = failure?.reason ?? null;
  return { upgrade: upgradeId, project, environment, app, outcome, reason, status, requestedAt };
}

function rowsOf({ upgradeId, outcome, stages, ...upgrade }: UpgradeDocument): Row[] {
  const { buildName: build, failure } = upgrade;
  return stages.map(({ stage, queuedMs, activeMs }) => ({
    ...{ upgrade: upgradeId, outcome, stage, queuedMs, activeMs, build },
    failure: failure?.reason ?? null,
  }));
}
