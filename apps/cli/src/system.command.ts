import type { FindingDocument } from '@uplift/contracts';
import { FINDING_KINDS } from '@uplift/domain';
import { Command, Option } from 'commander';
import type { CliContext } from './cli-context';
import { idArgument, keyOption, pageOptions, reasonOption, withOptions } from './options';
import type { Row } from './printer';

interface SwitchOptions {
  readonly core?: string;
  readonly reason: string;
  readonly key?: string;
}

interface SwitchAnswer {
  readonly revision: number;
  readonly position: string;
}

export function systemCommand(context: CliContext): Command {
  const system = new Command('system')
    .description('stop all starts of upgrades, allow them again, see what was found')
    .addCommand(switchCommand(context, 'stop-starts', 'begin no upgrade and trigger no deployment'))
    .addCommand(switchCommand(context, 'allow-starts', 'let upgrades start again'));
  system
    .command('accept-store')
    .description('decide that the store as it is counts, where store and bus differ')
    .addOption(reasonOption())
    .addOption(keyOption())
    .action(async ({ reason, key }: Omit<SwitchOptions, 'core'>) => {
      const document = await context.command<SwitchAnswer>(
        '/v1/system/accept-store',
        { reason },
        key,
      );
      const { revision, position } = document;
      context.printer.print({ document, rows: [{ revision, position }] });
    });
  system
    .command('status')
    .description('which starts are stopped, by whom, why and since when')
    .action(async () => {
      const document = await context.ask<'system'>('/v1/system');
      const nameOf = await context.namesInRows(document.stops.map((stop) => stop.requestedBy));
      const rows = document.stops.map(({ core, since, requestedBy: by, reason }) => {
        return { core: core ?? 'all', since, requestedBy: nameOf(by), reason };
      });
      context.printer.print({ document, rows });
    });
  return system.addCommand(findingsCommand(context)).addCommand(closeFindingCommand(context));
}

interface FindingsOptions {
  readonly kind?: string;
  readonly closed?: true;
  readonly all?: true;
  readonly limit: number;
  readonly cursor?: string;
}

function findingsCommand(context: CliContext): Command {
  const findings = new Command('findings')
    .description('what was found in store and bus that should not be there, or is missing')
    .addOption(new Option('--kind <kind>', 'only of this kind').choices(FINDING_KINDS))
    .option('--closed', 'those that were looked after, instead of those that are open')
    .option('--all', 'whether they are open or closed');
  return withOptions(findings, pageOptions('findings')).action(
    async ({ closed, all, limit, ...options }: FindingsOptions) => {
      const open = all ? {} : { open: String(!closed) };
      const query = new URLSearchParams({ limit: String(limit), ...options, ...open }).toString();
      const document = await context.ask<'findingPage'>(`/v1/system/findings?${query}`);
      context.printer.print({ document, rows: document.items.map(rowOf) });
      context.tellMore(document.nextCursor);
    },
  );
}

function rowOf(finding: FindingDocument): Row {
  const { findingId, kind, subject, count, open, firstAt, lastAt, detail } = finding;
  return { findingId, kind, subject, count, open, firstAt, lastAt, detail };
}

function closeFindingCommand(context: CliContext): Command {
  return new Command('close-finding')
    .description('say that a finding was looked after; it opens again if more of it is found')
    .addArgument(idArgument('<finding>', 'finding id'))
    .addOption(reasonOption())
    .addOption(keyOption())
    .action(async (id: string, { reason, key }: SwitchOptions) => {
      const path = `/v1/system/findings/${encodeURIComponent(id)}/close`;
      const document = await context.command<SwitchAnswer>(path, { reason }, key);
      const { revision, position } = document;
      context.printer.print({ document, rows: [{ findingId: id, revision, position }] });
    });
}

function switchCommand(context: CliContext, name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(reasonOption())
    .option('--core <name>', 'only of this Lagoon core; else of the whole system')
    .addOption(keyOption())
    .action(async ({ core, reason, key }: SwitchOptions) => {
      const path = `/v1/system/${name}`;
      const document = await context.command<SwitchAnswer>(path, { core, reason }, key);
      const { revision, position } = document;
      context.printer.print({ document, rows: [{ core: core ?? 'all', revision, position }] });
    });
}
