import type {
  CallbackTokenAnswer,
  CommandAnswer,
  InstanceDocument,
  UpgradeDocument,
} from '@uplift/contracts';
import { INSTANCE_STATUSES } from '@uplift/domain';
import { Command, Option } from 'commander';
import type { Answer } from './api-client';
import type { CliContext } from './cli-context';
import { commandRow, described, explained } from './explain';
import { importCommand } from './import.command';
import {
  askCommand,
  changeCommands,
  healthOptions,
  healthProbeIn,
  instancePath,
  printAnswer,
} from './instance-changes';
import { instanceArgument, instanceIdOf } from './instance-reference';
import { labelOption } from './label-option';
import { idIn, keyOption, oneOf, withOptions } from './options';
import type { Row } from './printer';
import { queryOptions, queryString } from './query-options';

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
    .description('one instance in a row')
    .addArgument(instanceArgument())
    .action(async (reference: string) => {
      const document = await readInstance(context, reference);
      context.printer.print({ document, rows: [rowOf(document.instance)] });
    });
  for (const command of changeCommands(context)) instance.addCommand(command);
  return instance
    .addCommand(listCommand(context))
    .addCommand(showCommand(context))
    .addCommand(explainCommand(context))
    .addCommand(importCommand(context))
    .addCommand(callbackTokenCommand(context))
    .addCommand(askCommand(context, 'park', 'no new effect; what runs in Lagoon is followed'))
    .addCommand(askCommand(context, 'unpark', 'go on with an instance that is parked'));
}

function listCommand(context: CliContext): Command {
  const list = new Command('list').description('instances that fit every option, newest first');
  return withOptions(list, queryOptions('instanceList', context.clock)).action(
    async (options: object) => {
      const path = `/v1/instances${queryString('instanceList', options)}`;
      const document = await context.ask<'instancePage'>(path);
      context.printer.print({ document, rows: document.items.map(rowOf) });
      context.tellReasons(document.items.map(({ failureReason }) => failureReason));
      context.tellMore(document.nextCursor);
    },
  );
}

function showCommand(context: CliContext): Command {
  return new Command('show')
    .description('everything that is known of one instance, in words')
    .addArgument(instanceArgument())
    .action(async (reference: string) => {
      const document = await readInstance(context, reference);
      const { instance } = document;
      const words = [...(await explanation(context, instance)), '', ...described(instance)];
      context.printer.print({ document, rows: [rowOf(instance)], words });
    });
}

function explainCommand(context: CliContext): Command {
  return new Command('explain')
    .description('what it waits for, why it failed, and what can be asked for now')
    .addArgument(instanceArgument())
    .action(async (reference: string) => {
      const document = await readInstance(context, reference);
      const { instance } = document;
      const rows = instance.allowedCommands.map(commandRow);
      context.printer.print({ document, rows, words: await explanation(context, instance) });
    });
}

async function readInstance(context: CliContext, reference: string): Promise<Answer<'instance'>> {
  const instanceId = await instanceIdOf(context, reference);
  return context.ask<'instance'>(instancePath(instanceId));
}

async function explanation(
  context: CliContext,
  instance: InstanceDocument,
): Promise<readonly string[]> {
  const failure = await failureOf(context, instance);
  return explained(instance, { failure, pageOf: (reason) => context.pageOfReason(reason) });
}

function callbackTokenCommand(context: CliContext): Command {
  return new Command('callback-token')
    .description('the token with which its app reports its health')
    .addArgument(instanceArgument())
    .action(async (reference: string) => {
      const path = `${instancePath(await instanceIdOf(context, reference))}/callback-token`;
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
  const command = new Command('register')
    .description('put an instance under the care of Uplift')
    .requiredOption('--project <name>', 'Lagoon project')
    .requiredOption('--environment <name>', 'Lagoon environment')
    .requiredOption('--app <name>', 'store app the instance was made from')
    .option('--core <name>', 'Lagoon core', 'default')
    .addOption(
      new Option('--status <status>', 'status it is in now')
        .argParser(oneOf(INSTANCE_STATUSES))
        .default('running-healthy-claimed'),
    )
    .addOption(new Option('--id <uuid>', 'instance id; made up if left out').argParser(uuid))
    .option('--upsert', 'bring the instance up to date that the environment has already')
    .addOption(labelOption('label, may be repeated'))
    .addOption(keyOption());
  return withOptions(command, healthOptions()).action(async (options: RegisterOptions) => {
    const { id, key, label: labels, health, healthPath, healthTask, ...profile } = options;
    const healthProbe = healthProbeIn({ health, healthPath, healthTask });
    const body = { instanceId: id, ...profile, labels, healthProbe };
    const document = await context.command<CommandAnswer>('/v1/instances', body, key);
    printAnswer(context, document);
  });
}

function uuid(text: string): string {
  return idIn(text);
}

function rowOf(instance: InstanceDocument): Row {
  const { instanceId, project, environment, app, status, revision } = instance;
  const { lastUpgradeId: upgrade, failureReason: failure } = instance;
  const waiting = instance.waitingFor?.target ?? null;
  const place = { instance: instanceId, project, environment, app, status };
  const unreadable = instance.unreadable?.reason ?? null;
  return { ...place, revision, upgrade, waiting, failure, unreadable };
}
