import type { InstanceDocument } from '@uplift/contracts';
import { Argument, InvalidArgumentError } from 'commander';
import type { Answer } from './api-client';
import type { CliContext } from './cli-context';
import { CommandFailure, EXIT } from './exit-code';
import { idIn } from './options';

interface NamedUpgrade {
  readonly instanceId: string;
  readonly upgradeId: string;
}

const NAMES = /^([^/\s]+)\/(\S+)$/;
const EXAMPLES = 'shop/main, or an id such as b846000a-8a3f-4dc6-b23c-d522d1901bb5';

export function instanceArgument(flags: '<instance>' | '[instance]' = '<instance>'): Argument {
  return new Argument(flags, 'project/environment, or instance id').argParser(referenceIn);
}

/** Behind an instance. */
export function upgradeArgument(): Argument {
  const description = 'upgrade id; the newest of the instance if left out';
  return new Argument('[upgrade]', description).argParser((text) => idIn(text));
}

/** Where no instance is named beside it. */
export function upgradeReferenceArgument(): Argument {
  const description = 'upgrade id, or project/environment for the newest upgrade there';
  return new Argument('<upgrade>', description).argParser(referenceIn);
}

export function referenceIn(text: string): string {
  if (NAMES.test(text)) return text;
  if (text.includes('/')) throw new InvalidArgumentError(`Name it as ${EXAMPLES}.`);
  return idIn(text, EXAMPLES);
}

export async function instanceIdOf(context: CliContext, reference: string): Promise<string> {
  return NAMES.test(reference) ? (await instanceAt(context, reference)).instanceId : reference;
}

export async function upgradeIdOf(context: CliContext, reference: string): Promise<string> {
  return NAMES.test(reference) ? newestOf(await instanceAt(context, reference)) : reference;
}

/** The newest upgrade of the instance where none is named. */
export async function upgradeOf(
  context: CliContext,
  reference: string,
  upgradeId?: string,
): Promise<NamedUpgrade> {
  if (upgradeId !== undefined) {
    return { instanceId: await instanceIdOf(context, reference), upgradeId };
  }
  const instance = await instanceOf(context, reference);
  return { instanceId: instance.instanceId, upgradeId: newestOf(instance) };
}

async function instanceOf(context: CliContext, reference: string): Promise<InstanceDocument> {
  if (NAMES.test(reference)) return instanceAt(context, reference);
  const path = `/v1/instances/${encodeURIComponent(reference)}`;
  return (await context.read<Answer<'instance'>>(path)).instance;
}

function newestOf({ project, environment, lastUpgradeId }: InstanceDocument): string {
  if (lastUpgradeId !== null) return lastUpgradeId;
  throw new CommandFailure(EXIT.refused, `${project}/${environment} has had no upgrade yet`);
}

/** The one that is looked after there; if none is, the last that was. */
async function instanceAt(context: CliContext, reference: string): Promise<InstanceDocument> {
  const found = await instancesAt(context, reference);
  const present = found.filter(({ status }) => status !== 'removed');
  const [instance] = present.length > 0 ? present : found;
  if (instance === undefined) {
    throw new CommandFailure(EXIT.refused, `No instance ${reference} is registered`);
  }
  if (present.length <= 1) return instance;
  const each = present.map(({ instanceId, core }) => `${instanceId} on core ${core}`).join(', ');
  throw new CommandFailure(EXIT.refused, `There are several ${reference}: name one by id: ${each}`);
}

/** Newest first. */
async function instancesAt(context: CliContext, reference: string): Promise<InstanceDocument[]> {
  const [, project = '', environment = ''] = NAMES.exec(reference) ?? [];
  const found: InstanceDocument[] = [];
  const query = new URLSearchParams({ project, limit: '100' });
  for (let cursor: string | null = ''; cursor !== null;) {
    if (cursor !== '') query.set('cursor', cursor);
    const page: Answer<'instancePage'> = await context.read(`/v1/instances?${query.toString()}`);
    found.push(...page.items.filter((each) => each.environment === environment));
    cursor = page.nextCursor;
  }
  return found;
}
