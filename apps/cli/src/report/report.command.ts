import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { TimelineEntryDocument, UpgradeDocument } from '@uplift/contracts';
import { errorMessage } from '@uplift/runtime';
import { Command } from 'commander';
import type { Answer } from '../api-client';
import type { CliContext } from '../cli-context';
import { CommandFailure, EXIT } from '../exit-code';
import { instancePath } from '../instance.command';
import { upgradeIdOf, upgradeReferenceArgument } from '../instance-reference';
import { withOptions } from '../options';
import type { Result, Row } from '../printer';
import { queryOptions, queryString } from '../query-options';
import type { FleetNumbers } from './fleet-report.page';
import { fleetPage } from './fleet-report.page';
import { fleetWords, upgradeWords } from './report-words';
import type { UpgradeReport } from './upgrade-report';
import { upgradeReport } from './upgrade-report';
import { upgradePage } from './upgrade-report.page';

/** A file, or true for standard output. */
interface PageOptions {
  readonly html?: string | true;
}

const HTML = [
  '--html [file]',
  'as one page that needs nothing else; without a file, print it',
] as const;

/** `uplift upgrade report <upgrade>` */
export function reportCommand(context: CliContext): Command {
  return new Command('report')
    .description('where the time of an upgrade went, stage by stage, and every event of it')
    .addArgument(upgradeReferenceArgument())
    .option(...HTML)
    .action(async (reference: string, { html }: PageOptions) => {
      const where = pageWanted(context, html);
      const report = await readReport(context, await upgradeIdOf(context, reference));
      if (where !== undefined) return deliver(context, where, upgradePage(report));
      context.printer.print(upgradeResult(report));
    });
}

/** `uplift stats` */
export function statsCommand(context: CliContext): Command {
  const stats = new Command('stats')
    .description('the fleet in numbers: instances by status, upgrades by outcome, times of stages')
    .option(...HTML);
  return withOptions(stats, queryOptions('instanceStats', context.clock)).action(
    async ({ html, ...options }: PageOptions) => {
      const where = pageWanted(context, html);
      const path = `/v1/stats${queryString('instanceStats', options)}`;
      const numbers = await context.ask<'stats'>(path);
      if (where !== undefined) return deliver(context, where, fleetPage(numbers));
      context.printer.print(fleetResult(numbers));
    },
  );
}

function pageWanted({ printer }: CliContext, html: PageOptions['html']): PageOptions['html'] {
  if (html === undefined || printer.output === 'table') return html;
  throw new CommandFailure(EXIT.usage, `--html and --output ${printer.output} exclude each other`);
}

async function readReport(context: CliContext, upgradeId: string): Promise<UpgradeReport> {
  const path = `/v1/upgrades/${encodeURIComponent(upgradeId)}`;
  const { upgrade, asOf } = await context.ask<'upgrade'>(path);
  const place = instancePath(upgrade.instanceId);
  const { instance } = await context.read<Answer<'instance'>>(place);
  const timeline = await timelineUpTo(context, upgrade);
  return upgradeReport({ instance, upgrade, timeline, at: asOf.at });
}

/** The events of the instance up to the last one of the upgrade. */
async function timelineUpTo(
  context: CliContext,
  { instanceId, revision }: UpgradeDocument,
): Promise<readonly TimelineEntryDocument[]> {
  const query = new URLSearchParams({ limit: '100' });
  const entries: TimelineEntryDocument[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    if (cursor !== '') query.set('cursor', cursor);
    const path = `${instancePath(instanceId)}/timeline?${query.toString()}`;
    const page = await context.read<Answer<'timelinePage'>>(path);
    entries.push(...page.items);
    const isComplete = (entries.at(-1)?.revision ?? 0) >= revision;
    cursor = isComplete ? null : page.nextCursor;
  }
  return entries;
}

function upgradeResult(report: UpgradeReport): Result {
  const { upgradeId: upgrade, outcome } = report.upgrade;
  const rows = report.stages.map(({ stage, queuedMs, activeMs, waitingMs }): Row => {
    return { upgrade, outcome, stage, queuedMs, activeMs, waitingMs };
  });
  return { document: report, rows, words: upgradeWords(report) };
}

function fleetResult(stats: FleetNumbers): Result {
  const counts = (what: string, byName: Readonly<Record<string, number>>) =>
    Object.entries(byName).map(([name, count]): Row => ({ what, name, count }));
  const stages = stats.stages.map(({ stage: name, count, queuedMs, activeMs }): Row => {
    const queued = { queuedP50Ms: queuedMs.p50, queuedP95Ms: queuedMs.p95 };
    const active = { activeP50Ms: activeMs.p50, activeP95Ms: activeMs.p95 };
    return { what: 'stage', name, count, ...queued, ...active };
  });
  const { byStatus } = stats.instances;
  const { byOutcome } = stats.upgrades;
  const rows = [...counts('instances', byStatus), ...counts('upgrades', byOutcome), ...stages];
  return { document: stats, rows, words: fleetWords(stats) };
}

async function deliver({ printer }: CliContext, where: string | true, page: string): Promise<void> {
  if (where === true) return printer.page(page);
  const file = resolve(where);
  try {
    await writeFile(file, page);
  } catch (error) {
    throw new CommandFailure(EXIT.failed, `The page was not written: ${errorMessage(error)}`);
  }
  printer.say(`Written to ${file}`);
}
