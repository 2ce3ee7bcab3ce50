import { labelsInWords, SCOPES } from '@uplift/domain';
import { Command, Option } from 'commander';
import { createHash } from 'node:crypto';
import type { Answer } from '../api-client';
import type { CliContext } from '../cli-context';
import { labelOption } from '../label-option';
import { idArgument, keyOption, reasonOption, wholeNumber } from '../options';

interface CreateOptions {
  readonly scope: readonly string[];
  readonly days: number;
  readonly label?: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly name?: string;
  readonly key?: string;
}

const DAY_MS = 86_400_000;
const MOST_DAYS = 366;
const ROOT_BYTES = 32;

export function tokenCommand(context: CliContext): Command {
  return new Command('token')
    .description('API tokens: for programs, and for people without an identity provider')
    .addCommand(createCommand(context))
    .addCommand(listCommand(context))
    .addCommand(revokeCommand(context))
    .addCommand(revokeCreatedByCommand(context))
    .addCommand(rootCommand(context));
}

function createCommand(context: CliContext): Command {
  return new Command('create')
    .description('create a token: it is shown this once')
    .addOption(
      new Option('--scope <scopes...>', 'what its holder may do')
        .choices(SCOPES)
        .makeOptionMandatory(),
    )
    .addOption(
      labelOption('only for instances with this label, and with every other that is given'),
    )
    .addOption(reasonOption('what it is for; no names of people'))
    .option('--name <name>', 'by which people know its holder; kept apart, where it can be erased')
    .addOption(
      new Option('--days <n>', 'how long it is good')
        .argParser(wholeNumber(1, MOST_DAYS))
        .default(30),
    )
    .addOption(keyOption())
    .action(async ({ scope, days, label, reason, name, key }: CreateOptions) => {
      const expiresAt = new Date(context.clock.wall() + days * DAY_MS).toISOString();
      const limit = label === undefined ? {} : { labels: label };
      const named = name === undefined ? {} : { name };
      const body = { scopes: scope, ...limit, expiresAt, reason, ...named };
      const document = await context.command<Answer<'tokenCreated'>>('/v1/tokens', body, key);
      const { tokenId, actor, token } = document;
      context.printer.print({ document, rows: [{ tokenId, actor, expiresAt, token }] });
      if (token !== null) return;
      context.printer.say(`This key was used before, and a token is shown once: revoke ${tokenId}`);
    });
}

function listCommand(context: CliContext): Command {
  return new Command('list')
    .description('API tokens, those in force first, without what their holders show')
    .action(async () => {
      const document = await context.api.json<Answer<'tokenList'>>('/v1/tokens');
      const actors = document.items.flatMap(({ actor, createdBy }) => [createdBy, actor]);
      const nameOf = await context.namesInRows(actors);
      const rows = document.items.map(({ scopes, labels = {}, actor, createdBy, ...token }) => {
        const named = { actor: nameOf(actor), createdBy: nameOf(createdBy) };
        const rights = { scopes: scopes.join(' '), labels: labelsInWords(labels) };
        return { ...token, ...named, ...rights };
      });
      context.printer.print({ document, rows });
    });
}

function revokeCommand(context: CliContext): Command {
  return new Command('revoke')
    .description(
      'revoke a token and what was created with it: within a minute no process takes them',
    )
    .addArgument(idArgument('<token>', 'token id, never the token itself'))
    .addOption(reasonOption())
    .addOption(keyOption())
    .action(async (id: string, { reason, key }: Pick<CreateOptions, 'reason' | 'key'>) => {
      const path = `/v1/tokens/${encodeURIComponent(id)}/revoke`;
      const document = await context.command<Answer<'tokenCommand'>>(path, { reason }, key);
      const { tokenId, revision, position } = document;
      context.printer.print({ document, rows: [{ tokenId, revision, position }] });
    });
}

/** After a leak of the root token, or of one of the identity provider: an API token takes what it created along by itself. */
function revokeCreatedByCommand(context: CliContext): Command {
  return new Command('revoke-created-by')
    .description(
      'revoke every token in force that an actor created, and what was created with them',
    )
    .argument('<actor>', 'as `uplift token list` has it under createdBy')
    .addOption(reasonOption())
    .action(async (actor: string, { reason }: Pick<CreateOptions, 'reason'>) => {
      const { items } = await context.api.json<Answer<'tokenList'>>('/v1/tokens');
      const created = items.filter(
        ({ createdBy, state }) => createdBy === actor && state === 'in-force',
      );
      context.printer.begin();
      for (const { tokenId } of created) {
        const path = `/v1/tokens/${encodeURIComponent(tokenId)}/revoke`;
        const { revision } = await context.command<Answer<'tokenCommand'>>(path, { reason });
        context.printer.line({ tokenId, revision });
      }
      context.printer.say(`${created.length} tokens were revoked`);
    });
}

function rootCommand(context: CliContext): Command {
  return new Command('root')
    .description(
      'make a token with every scope, and its hash for UPLIFT_ROOT_TOKEN_HASH; asks nobody',
    )
    .action(() => {
      const token = `uplift_${context.randomness.bytes(ROOT_BYTES).toString('base64url')}`;
      const hash = createHash('sha256').update(token, 'utf8').digest('hex');
      context.printer.print({ document: { token, hash }, rows: [{ token, hash }] });
    });
}
