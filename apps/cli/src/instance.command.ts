import type {
  CallbackTokenAnswer,
  CommandAnswer,
  InstanceDocument,
  UpgradeDocument,
} from '@uplift/contracts';
import { Command } from 'commander';
import type { Answer } from './api-client';
import type { CliContext } from './cli-context';
import { commandRow, explained } from './explain';
import {
  askCommand,
  changeCommands,
  healthProbeIn,
  instancePath,
  printAnswer,
} from './instance-changes';
import { labelOption } from './label-option';
import type { Row } from './printer';

interface RegisterOptions {
  readonly project: string;
  readonly environment: string;
  readonly app: string;
  readonly core: string;
  readonly status: string;
  readonly id?: string;
  readonly upsert?: true;
  readonly health?: string;
  readonly healthPath?: string;
  readonly healthTask?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly key?: string;
}

export { instancePath } from './instance-changes';

export function instanceCommand(context: CliContext): Command {
  const instance = new Command('instance').description('register and look at instances');
  instance.addCommand(registerCommand(context));
  instance
    .command('get')
    .argument('<instance>', 'instance id')
    .action(async (id: string) => {
      const document = await context.ask<'instance'>(instancePath(id));
      context.printer.print({ document, rows: [rowOf(document.instance)] });
    });
  instance
    .command('list')
    .option('--status <status>', 'only instances in this status')
    .option('--project <project>', 'only instances of this Lagoon project')
    .option('--reason-class <class>', 'only instances whose last upgrade failed for such a reason')
    .option('--limit <n>', 'most instances on the page', '100')
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(async ({ reasonClass, ...options }: Record<string, string>) => {
      const failed = reasonClass === undefined ? {} : { 'reason-class': reasonClass };
      const query = new URLSearchParams({ ...options, ...failed }).toString();
      const document = await context.ask<'instancePage'>(`/v1/instances?${query}`);
      context.printer.print({ document, rows: document.items.map(rowOf) });
      if (document.nextCursor !== null)
        context.printer.say(`more: --cursor ${document.nextCursor}`);
    });
  for (const command of changeCommands(context)) instance.addCommand(command);
  return instance
    .addCommand(explainCommand(context))
    .addCommand(callbackTokenCommand(context))
    .addCommand(askCommand(context, 'park', 'no new effect; what runs in Lagoon is followed'))
    .addCommand(askCommand(context, 'unpark', 'go on with an instance that is parked'));
}

function explainCommand(context: CliContext): Command {
  return new Command('explain')
    .description('what it waits for, why it failed, and what can be asked for now')
    .argument('<instance>', 'instance id')
    .action(async (id: string) => {
      const document = await context.ask<'instance'>(instancePath(id));
      const { instance } = document;
      const rows = instance.allowedCommands.map(commandRow);
      const failure = await failureOf(context, instance);
      context.printer.print({ document, rows, words: explained(instance, failure) });
    });
}

function callbackTokenCommand(context: CliContext): Command {
  return new Command('callback-token')
    .description('the token with which its app reports its health')
    .argument('<instance>', 'instance id')
    .action(async (id: string) => {
      const path = `${instancePath(id)}/callback-token`;
      const document = await context.api.json<CallbackTokenAnswer>(path);
      const { instanceId: instance, token, links } = document;
      context.printer.print({ document, rows: [{ instance, token, callback: links.callback }] });
    });
}

/** The evidence stands with the upgrade. */
async function failureOf(
  context: CliContext,
  { failureReason, lastUpgradeId }: InstanceDocument,
): Promise<UpgradeDocument['failure']> {
  if (failureReason === null || lastUpgradeId === null) return null;
  const path = `/v1/upgrades/${encodeURIComponent(lastUpgradeId)}`;
  return (await context.api.json<Answer<'upgrade'>>(path)).upgrade.failure;
}

export function upgradePath(instanceId: string, upgradeId: string, verb: string): string {
  return `${instancePath(instanceId)}/upgrades/${encodeURIComponent(upgradeId)}/${verb}`;
}

function registerCommand(context: CliContext): Command {
  return new Command('register')
    .description('put an instance under the care of Uplift')
    .requiredOption('--project <name>', 'Lagoon project')
    .requiredOption('--environment <name>', 'Lagoon environment')
    .requiredOption('--app <name>', 'store app the instance was made from')
    .option('--core <name>', 'Lagoon core', 'default')
    .option('--status <status>', 'status it is in now', 'running-healthy-claimed')
    .option('--id <uuid>', 'instance id; made up if left out')
    .option('--upsert', 'bring the instance up to date that the environment has already')
    .option('--health <kind>', 'what proves the health: http, none, task or lagoon')
    .option('--health-path <path>', 'path that answers 2xx while the app is healthy; / if left out')
    .option(
      '--health-task <name>',
      'registered task whose success is the proof, with --health task',
    )
    .addOption(labelOption('label, may be repeated'))
    .option('--key <key>', 'idempotency key; made up if left out')
    .action(async (options: RegisterOptions) => {
      const { id, key, label: labels, health, healthPath, healthTask, ...profile } = options;
      const healthProbe = healthProbeIn({ health, healthPath, healthTask });
      const body = { instanceId: id, ...profile, labels, healthProbe };
      const document = await context.command<CommandAnswer>('/v1/instances', body, key);
      printAnswer(context, document);
    });
}

function rowOf(instance: InstanceDocument): Row {
  const { instanceId, project, environment, app, status, revision } = instance;
  const { currentUpgradeId: upgrade, failureReason: failure } = instance;
  const waiting = instance.waitingFor?.target ?? null;
  const place = { instance: instanceId, project, environment, app, status };
  const unreadable = instance.unreadable?.reason ?? null;
  return { ...place, revision, upgrade, waiting, failure, unreadable };
}
