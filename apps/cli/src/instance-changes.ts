import type { CommandAnswer } from '@uplift/contracts';
import { HEALTH_PROBE_KINDS } from '@uplift/domain';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { CliContext } from './cli-context';
import { CommandFailure, EXIT } from './exit-code';
import { instanceArgument, instanceIdOf } from './instance-reference';
import { labelOption } from './label-option';
import {
  keyOption,
  MOST_REVISIONS,
  reasonOption,
  strategyOption,
  wholeNumber,
  withOptions,
} from './options';
import type { TargetOptions } from './upgrade/target-options';
import { targetOf, targetOptions } from './upgrade/target-options';

const MOST_PROJECT_ID = 2_147_483_647;

interface AskOptions {
  readonly reason: string;
  readonly key?: string;
}

interface ProbeOptions {
  readonly health?: string | undefined;
  readonly healthPath?: string | undefined;
  readonly healthTask?: string | undefined;
}

interface UpdateOptions extends AskOptions, TargetOptions, ProbeOptions {
  readonly project?: string;
  readonly projectId?: number;
  readonly environment?: string;
  readonly core?: string;
  readonly app?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly labels?: boolean;
  readonly preTask?: string;
  readonly postTask?: string;
  readonly scripts?: boolean;
  readonly strategy?: string;
  readonly ifRevision?: number;
}

/** What changes a registered instance. */
export function changeCommands(context: CliContext): readonly Command[] {
  return [
    updateCommand(context),
    askCommand(context, 'claim', 'it has an owner; an upgrade in flight comes back to that'),
    askCommand(context, 'unclaim', 'it has no owner; an upgrade in flight comes back to that'),
    deregisterCommand(context),
  ];
}

/** A command that needs a reason and nothing else. */
export function askCommand(context: CliContext, name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addArgument(instanceArgument())
    .addOption(reasonOption())
    .addOption(keyOption())
    .action(async (reference: string, { reason, key }: AskOptions) => {
      const path = `${instancePath(await instanceIdOf(context, reference))}/${name}`;
      const document = await context.command<CommandAnswer>(path, { reason }, key);
      printAnswer(context, document);
    });
}

export function printAnswer({ printer }: CliContext, document: CommandAnswer): void {
  const { instanceId: instance, status, revision, position, existed } = document;
  const known = existed === undefined ? {} : { existed };
  printer.print({ document, rows: [{ instance, status, revision, position, ...known }] });
}

export function instancePath(id: string): string {
  return `/v1/instances/${encodeURIComponent(id)}`;
}

function updateCommand(context: CliContext): Command {
  const command = new Command('update')
    .description('change it, from its next upgrade on; what is not named stays as it is')
    .addArgument(instanceArgument())
    .addOption(reasonOption());
  const all = [...profileOptions(), ...healthOptions(), ...targetOptions()];
  return withOptions(command, [...all, revisionOption(), keyOption()]).action(
    async (reference: string, options: UpdateOptions) => {
      const { reason, key, ifRevision } = options;
      const changes = changesIn(options);
      if (Object.keys(changes).length === 0) {
        throw new CommandFailure(
          EXIT.usage,
          'Say what is to change: uplift instance update --help',
        );
      }
      const sent = { ...(key === undefined ? {} : { key }), ...expecting(ifRevision) };
      const path = `${instancePath(await instanceIdOf(context, reference))}/update`;
      const body = { reason, ...changes };
      printAnswer(context, await context.commandAt<CommandAnswer>(path, body, sent));
    },
  );
}

function profileOptions(): readonly Option[] {
  const resting = 'not while an upgrade is in flight';
  const only = 'no other one is kept';
  return [
    new Option('--project <name>', `Lagoon project; ${resting}`),
    new Option('--project-id <n>', 'Lagoon project id').argParser(wholeNumber(1, MOST_PROJECT_ID)),
    new Option('--environment <name>', `Lagoon environment; ${resting}`),
    new Option('--core <name>', `Lagoon core; ${resting}`),
    new Option('--app <name>', 'store app the instance was made from'),
    labelOption('one of all labels it is to have, may be repeated'),
    new Option('--no-labels', 'it is to have no labels'),
    new Option('--pre-task <name>', `registered task before an upgrade; ${only}`),
    new Option('--post-task <name>', `registered task after an upgrade; ${only}`),
    new Option('--no-scripts', 'no task before or after an upgrade'),
    strategyOption('how to upgrade when a request does not say'),
  ];
}

function revisionOption(): Option {
  const option = new Option('--if-revision <n>', 'refuse if it has changed since this revision');
  return option.argParser(wholeNumber(0, MOST_REVISIONS));
}

/** The members of the request that the options name. */
function changesIn(options: UpdateOptions): object {
  const { project, projectId, environment, core, app, label, labels } = options;
  const named = {
    ...{ project, projectId, environment, core, app },
    labels: labels === false ? {} : label,
    scripts: scriptsIn(options),
    healthProbe: healthProbeIn(options),
    upgrade: planIn(options),
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

function scriptsIn({ scripts, preTask, postTask }: UpdateOptions): object | undefined {
  if (scripts === false) return {};
  if (preTask === undefined && postTask === undefined) return undefined;
  const task = (name?: string) => (name === undefined ? undefined : { registeredTask: name });
  return { preUpgrade: task(preTask), postUpgrade: task(postTask) };
}

export function healthOptions(): readonly Option[] {
  const path = 'path that answers 2xx while the app is healthy; / if left out';
  const task = 'registered task whose success is the proof, with --health task';
  return [
    new Option('--health <kind>', 'what proves the health of the app').choices(HEALTH_PROBE_KINDS),
    new Option('--health-path <path>', path).argParser(pathIn),
    new Option('--health-task <name>', task),
  ];
}

function pathIn(text: string): string {
  if (/^\/\S*$/.test(text)) return text;
  throw new InvalidArgumentError('Give a path that begins with "/".');
}

/** The member of a request; undefined if no option is of it. */
export function healthProbeIn({
  health,
  healthPath,
  healthTask,
}: ProbeOptions): object | undefined {
  if (health === undefined && healthPath === undefined && healthTask === undefined)
    return undefined;
  const script = healthTask === undefined ? {} : { script: { registeredTask: healthTask } };
  return { kind: health, path: healthPath, ...script };
}

function planIn({ strategy, ...options }: UpdateOptions): object | undefined {
  const target = targetOf(options);
  if (strategy === undefined && Object.keys(target).length === 0) return undefined;
  return { strategy, ...target };
}

function expecting(ifRevision: number | undefined): { readonly ifRevision?: number } {
  return ifRevision === undefined ? {} : { ifRevision };
}

function deregisterCommand(context: CliContext): Command {
  return new Command('deregister')
    .description('look after it no more, and free its environment')
    .addArgument(instanceArgument())
    .addOption(reasonOption())
    .option('--cancel', 'cancel an upgrade in flight, and deregister when that has ended')
    .addOption(keyOption())
    .action(async (reference: string, options: AskOptions & { readonly cancel?: true }) => {
      const { reason, cancel, key } = options;
      const body = { reason, ...(cancel === undefined ? {} : { cancel }) };
      const path = `${instancePath(await instanceIdOf(context, reference))}/deregister`;
      const document = await context.command<CommandAnswer>(path, body, key);
      printAnswer(context, document);
      if (document.status !== 'removed') {
        context.printer.say('It is deregistered as soon as its upgrade has ended');
      }
    });
}
