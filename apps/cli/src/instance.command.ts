import type { CommandAnswer, InstanceDocument } from '@uplift/contracts';
import { Command, InvalidArgumentError } from 'commander';
import type { Answer } from './api-client';
import type { CliContext } from './cli-context';
import type { Row } from './printer';

interface RegisterOptions {
  readonly project: string;
  readonly environment: string;
  readonly app: string;
  readonly core: string;
  readonly status: string;
  readonly id?: string;
  readonly healthPath: string;
  readonly label: Readonly<Record<string, string>>;
  readonly key?: string;
}

export function instanceCommand(context: CliContext): Command {
  const instance = new Command('instance').description('register and look at instances');
  instance.addCommand(registerCommand(context));
  instance
    .command('get')
    .argument('<instance>', 'instance id')
    .action(async (id: string) => {
      const document = await context.api.json<Answer<'instance'>>(instancePath(id));
      context.printer.print({ document, rows: [rowOf(document.instance)] });
    });
  instance
    .command('list')
    .option('--status <status>', 'only instances in this status')
    .option('--project <project>', 'only instances of this Lagoon project')
    .option('--limit <n>', 'most instances on the page', '100')
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(async (options: Record<string, string>) => {
      const query = new URLSearchParams(options).toString();
      const document = await context.api.json<Answer<'instancePage'>>(`/v1/instances?${query}`);
      context.printer.print({ document, rows: document.items.map(rowOf) });
      if (document.nextCursor !== null)
        context.printer.say(`more: --cursor ${document.nextCursor}`);
    });
  return instance;
}

export function instancePath(id: string): string {
  return `/v1/instances/${encodeURIComponent(id)}`;
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
    .option('--health-path <path>', 'path that answers 2xx while the app is healthy', '/')
    .option('--label <name=value>', 'label, may be repeated', collectLabel, {})
    .option('--key <key>', 'idempotency key; made up if left out')
    .action(async (options: RegisterOptions) => {
      const { id, key, label: labels, healthPath, ...profile } = options;
      const body = { instanceId: id, ...profile, labels, healthProbe: { path: healthPath } };
      const document = await context.command<CommandAnswer>('/v1/instances', body, key);
      const { instanceId: instance, status, revision, position } = document;
      context.printer.print({ document, rows: [{ instance, status, revision, position }] });
    });
}

function collectLabel(text: string, labels: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('use name=value');
  return { ...labels, [name]: value };
}

function rowOf(instance: InstanceDocument): Row {
  const { instanceId, project, environment, app, status, revision } = instance;
  const { currentUpgradeId: upgrade, failureReason: failure } = instance;
  return { instance: instanceId, project, environment, app, status, revision, upgrade, failure };
}
