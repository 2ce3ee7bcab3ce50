import type { Answer } from '../api-client';
import type { Bar, Look } from './bar-chart';
import { barChart } from './bar-chart';
import { duration, durationOrNone, TIME_STEPS } from './duration';
import type { Markup } from './html';
import { html, moment, table } from './html';
import { page } from './page';

export type FleetNumbers = Answer<'stats'>;

const COUNT_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000];
const BAD = /failed|unhealthy|unresponsive|expired/;
const GOOD = /^(running-healthy|succeeded)/;

/** The fleet as a page of its own: instances by status, upgrades by outcome, how long stages take. */
export function fleetPage({ instances, upgrades, stages, asOf }: FleetNumbers): string {
  return page(
    `The fleet: ${instances.total} instances, ${upgrades.total} upgrades`,
    html`<h2>Instances by status</h2>`,
    countPicture('statuses', 'Instances by status', instances.byStatus),
    countTable('Status', 'Instances', instances.byStatus),
    html`<h2>Upgrades by outcome</h2>`,
    countPicture('outcomes', 'Upgrades by outcome', upgrades.byOutcome),
    countTable('Outcome', 'Upgrades', upgrades.byOutcome),
    html`<h2>How long stages take</h2>`,
    durationPicture(stages),
    durationTable(stages),
    html`<p class="note">Complete up to ${moment(asOf.at)}. All times are in UTC.</p>`,
  );
}

type Counts = Readonly<Record<string, number>>;

function byCount(counts: Counts): readonly (readonly [string, number])[] {
  return Object.entries(counts).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

function countPicture(name: string, title: string, counts: Counts): Markup {
  const rows = byCount(counts);
  const [first] = rows;
  const most = first === undefined ? 'None.' : `Most are ${first[0]}: ${first[1]}.`;
  return barChart({
    ...{ name, title },
    summary: `${rows.length} rows. ${most}`,
    bars: rows.map(([label, count]) => ({
      label,
      pieces: [{ look: lookOf(label), from: 0, to: count, title: `${label}: ${count}` }],
      value: String(count),
    })),
    length: first?.[1] ?? 0,
    tick: String,
    steps: COUNT_STEPS,
    legend: [
      ['active', 'well'],
      ['queued', 'other'],
      ['bad', 'needs somebody'],
    ],
  });
}

function lookOf(name: string): Look {
  if (BAD.test(name)) return 'bad';
  return GOOD.test(name) ? 'active' : 'queued';
}

function countTable(head: string, counted: string, counts: Counts): Markup {
  const columns = [{ head }, { head: counted, isNumber: true as const }];
  return table(`${counted} by ${head.toLowerCase()}`, columns, byCount(counts));
}

function durationPicture(stages: FleetNumbers['stages']): Markup {
  const bars = stages.flatMap(({ stage, queuedMs, activeMs }) => [
    rangeBar(`${stage}, queued`, queuedMs),
    rangeBar(`${stage}, active`, activeMs),
  ]);
  const slowest = Math.max(
    0,
    ...stages.flatMap(({ activeMs, queuedMs }) => [activeMs.p95 ?? 0, queuedMs.p95 ?? 0]),
  );
  return barChart({
    name: 'durations',
    title: 'Time in each stage',
    summary: `Half of the upgrades, and 95 of a hundred, were done with each stage in this time; the longest is ${duration(slowest)}.`,
    ...{ bars, length: slowest, tick: duration, steps: TIME_STEPS },
    legend: [
      ['active', 'half of the upgrades (p50)'],
      ['tail', '95 of a hundred (p95)'],
    ],
  });
}

function rangeBar(label: string, { p50, p95 }: FleetNumbers['stages'][number]['queuedMs']): Bar {
  if (p50 === null || p95 === null) return { label, pieces: [], value: 'none yet' };
  const pieces = [
    { look: 'active' as const, from: 0, to: p50, title: `${label}: p50 ${duration(p50)}` },
    { look: 'tail' as const, from: p50, to: p95, title: `${label}: p95 ${duration(p95)}` },
  ];
  return { label, pieces, value: duration(p95) };
}

function durationTable(stages: FleetNumbers['stages']): Markup {
  const number = (head: string) => ({ head, isNumber: true as const });
  const heads = ['Upgrades', 'Queued p50', 'Queued p95', 'Active p50', 'Active p95'];
  const rows = stages.map(({ stage, count, queuedMs, activeMs }) => {
    const times = [queuedMs.p50, queuedMs.p95, activeMs.p50, activeMs.p95];
    return [stage, count, ...times.map(durationOrNone)];
  });
  const caption = 'Of the upgrades that began the stage. Queued includes waiting to begin.';
  return table(caption, [{ head: 'Stage' }, ...heads.map(number)], rows);
}
