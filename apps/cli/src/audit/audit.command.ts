import { instanceStream } from '@uplift/contracts';
import type { InstanceView } from '@uplift/domain';
import { isLimit, labelsInWords } from '@uplift/domain';
import { Command, Option } from 'commander';
import type { Answer } from '../api-client';
import type { CliContext } from '../cli-context';
import { CommandFailure, EXIT } from '../exit-code';
import { instanceArgument, instanceIdOf } from '../instance-reference';
import { MOST_REVISIONS, timeIn, wholeNumber } from '../options';
import type { ReadModelRow } from './history-audit';
import { auditStore, StreamAudit, verdictOf } from './history-audit';

interface ReplayOptions {
  readonly at?: string;
  readonly revision?: number;
}

export function auditCommand(context: CliContext): Command {
  const audit = new Command('audit').description(
    'replay and prove the history, from the store itself',
  );
  audit
    .command('replay')
    .description(
      'state and timeline of one instance at a time or revision; verifies the hash chain',
    )
    .addArgument(instanceArgument())
    .addOption(new Option('--at <time>', 'up to this time, RFC 3339').argParser(timeIn))
    .addOption(
      new Option('--revision <n>', 'up to this revision, inclusive').argParser(
        wholeNumber(0, MOST_REVISIONS),
      ),
    )
    .action((reference: string, options: ReplayOptions) => replay(context, reference, options));
  audit
    .command('verify')
    .description(
      'every stream: chain valid, lifecycle legal, and the read model equal to the replay',
    )
    .option('--store-only', 'do not compare with the read model')
    .action((options: { storeOnly?: boolean }) => verify(context, options.storeOnly === true));
  return audit;
}

async function replay(
  context: CliContext,
  reference: string,
  options: ReplayOptions,
): Promise<void> {
  const instanceId = await instanceIdOf(context, reference);
  const isWanted = limitOf(options);
  const audit = new StreamAudit(true);
  await context.withStore(async (store) => {
    const events = await store.load(instanceStream(instanceId));
    events.filter(isWanted).forEach((event) => audit.take(event));
  });
  const { view, events, hash, fault } = audit;
  const timeline = audit.timeline.map((entry) => ({ ...entry, at: isoTime(entry.at) }));
  const instance = view && shown(view);
  const document = { instanceId, chain: fault ?? 'valid', events, hash, instance, timeline };
  const rows = timeline.map(({ at, revision, eventType: event, status, note }) => {
    return { at, revision, event, status, note };
  });
  context.printer.print({ document, rows });
  if (fault !== null) throw new CommandFailure(EXIT.failed, `${instanceId}: ${fault}`);
  context.printer.say(`${events} events, chain valid, head ${hash}`);
}

/** As answers of the API have it. */
function shown({ state: _decidedOn, unreadable, ...view }: InstanceView) {
  return {
    ...view,
    registeredAt: isoTime(view.registeredAt),
    updatedAt: isoTime(view.updatedAt),
    unreadable: unreadable && { ...unreadable, since: isoTime(unreadable.since) },
  };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}

function limitOf({ at, revision: last = Infinity }: ReplayOptions) {
  const latest = at === undefined ? Infinity : Date.parse(at);
  return (event: { readonly revision: number; readonly recordedAt: string }) =>
    event.revision <= last && Date.parse(event.recordedAt) <= latest;
}

async function verify(context: CliContext, storeOnly: boolean): Promise<void> {
  if (!storeOnly) await refuseLimitedToken(context);
  const audits = await context.withStore(auditStore);
  const views = [...audits.values()].flatMap(({ view }) => view ?? []);
  const verdict = verdictOf(audits, storeOnly ? views : await wholeReadModel(context));
  const { streams, events, faults, differences, isSound } = verdict;
  const row = { streams, events, faults: faults.length, differences: differences.length };
  context.printer.print({ document: verdict, rows: [row] });
  [...faults, ...differences].forEach((line) => context.printer.say(line));
  if (!isSound) throw new CommandFailure(EXIT.failed, 'the history does not verify');
}

/** It would be shown a part of the read model, and all the rest would seem to be missing. */
async function refuseLimitedToken(context: CliContext): Promise<void> {
  const { labels = {} } = await context.read<Answer<'identity'>>('/v1/whoami');
  if (!isLimit(labels)) return;
  const words = `The token is limited to ${labelsInWords(labels)}: take one for every instance, or --store-only`;
  throw new CommandFailure(EXIT.denied, words);
}

async function wholeReadModel(context: CliContext): Promise<ReadModelRow[]> {
  const rows: ReadModelRow[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const next: string = cursor && `&cursor=${encodeURIComponent(cursor)}`;
    const page: Answer<'instancePage'> = await context.read(`/v1/instances?limit=100${next}`);
    rows.push(...page.items);
    cursor = page.nextCursor;
  }
  return rows;
}
