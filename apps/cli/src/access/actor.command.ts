import { Command } from 'commander';
import type { Answer } from '../api-client';
import type { CliContext } from '../cli-context';
import { keyOption, reasonOption } from '../options';

interface EraseOptions {
  readonly reason: string;
  readonly key?: string;
}

export function actorCommand(context: CliContext): Command {
  return new Command('actor')
    .description('those whom events name by id: by what name, and erase it')
    .addCommand(showCommand(context))
    .addCommand(eraseCommand(context));
}

function showCommand(context: CliContext): Command {
  return new Command('show')
    .description('the name of an actor, if one is kept')
    .argument('<actor>', 'id, as events and lists have it')
    .action(async (id: string) => {
      const path = `/v1/actors/${encodeURIComponent(id)}`;
      const document = await context.api.json<Answer<'actor'>>(path);
      const { actorId: actor, state, name } = document;
      context.printer.print({ document, rows: [{ actor, state, name }] });
    });
}

function eraseCommand(context: CliContext): Command {
  return new Command('erase')
    .description('erase the name of an actor, for good: no name of it is kept again')
    .argument('<actor>', 'id, as events and lists have it; never the name')
    .addOption(reasonOption('why, for the audit; no names of people'))
    .addOption(keyOption())
    .action(async (id: string, { reason, key }: EraseOptions) => {
      const path = `/v1/actors/${encodeURIComponent(id)}/erase`;
      const document = await context.command<Answer<'actorCommand'>>(path, { reason }, key);
      const { actorId: actor, nameGone, revision, position } = document;
      context.printer.print({ document, rows: [{ actor, nameGone, revision, position }] });
      if (nameGone) return;
      context.printer.say('The database is away: the name goes as soon as it can be reached');
    });
}
