import type { ChaosResult, TimedFault } from './chaos-run';
import type { Finding } from '../history/run-history';

/** Which promises speak of what a reader asks for first. */
const HEADLINES = {
  lost: ['I-01', 'I-07', 'I-31'],
  duplicates: ['I-02', 'I-13', 'I-14'],
  'silent stalls': ['I-20'],
} as const;

/** When each fault came, what it met, and how long it took until upgrades went on and all were ready. */
export function timelineOf({ faults, startedAt }: ChaosResult): string {
  const rows = [...faults]
    .sort((one, other) => one.begunAt - other.begunAt)
    .map(({ fault, begunAt, healedAt, inFlight, progressMs, readyMs, error }) => [
      clock(begunAt - startedAt),
      healedAt === null ? '-' : seconds(healedAt - begunAt),
      `${fault.kind} ${fault.target}`,
      `${inFlight.length} (${inFlight.slice(0, 3).map(shortened).join(' ')})`,
      seconds(progressMs),
      seconds(readyMs),
      error ?? '',
    ]);
  const head = ['at', 'lasted', 'fault', 'upgrades in flight', 'goes on', 'all ready', ''];
  return table([head, ...rows]);
}

/** How often each kind came, and the longest times until all was whole again. */
export function countsOf({ faults }: ChaosResult): string {
  const kinds = [...new Set(faults.map(({ fault }) => fault.kind))].sort();
  const rows = kinds.map((kind) => {
    const own = faults.filter(({ fault }) => fault.kind === kind);
    const met = own.filter(({ inFlight }) => inFlight.length > 0);
    return [kind, own.length, met.length, longest(own, 'progressMs'), longest(own, 'readyMs')].map(
      String,
    );
  });
  return table([
    ['kind', 'times', 'met upgrades', 'goes on (longest)', 'all ready (longest)'],
    ...rows,
  ]);
}

export function totalsOf({ history, findings, queries, quietMs }: ChaosResult): string {
  const { client = [], store, ledger } = history;
  const answers = (kind: string) => client.filter(({ answer }) => answer.kind === kind).length;
  const upgrades = store.filter(({ type }) => type === 'UpgradeRequested').length;
  const ends = Object.entries(HEADLINES).map(
    ([name, promises]) => `${name} ${countOf(findings, promises)}`,
  );
  return [
    `${client.length} commands sent: ${answers('accepted')} accepted, ${answers('refused')} refused, ${answers('unknown')} without an answer`,
    `${queries.answered} queries answered, ${queries.failed} not; ${upgrades} upgrades, ${ledger?.builds.length ?? 0} builds, ${store.length} events`,
    `quiet ${seconds(quietMs)} after the end of the load`,
    ends.join(', '),
  ].join('\n');
}

export function findingsIn(findings: readonly Finding[], most = 40): string {
  const lines = findings.map(({ promise, subject, what }) => `${promise} ${subject}: ${what}`);
  const left = lines.length - most;
  return [...lines.slice(0, most), ...(left > 0 ? [`and ${left} more`] : [])].join('\n');
}

function countOf(findings: readonly Finding[], promises: readonly string[]): number {
  return findings.filter(({ promise }) => promises.includes(promise)).length;
}

function longest(faults: readonly TimedFault[], field: 'progressMs' | 'readyMs'): string {
  const known = faults.flatMap((fault) => fault[field] ?? []);
  return known.length === 0 ? '-' : seconds(Math.max(...known));
}

function shortened(instanceId: string): string {
  return instanceId.slice(0, 8);
}

function seconds(ms: number | null): string {
  return ms === null ? 'never' : `${(ms / 1_000).toFixed(1)} s`;
}

function clock(ms: number): string {
  const whole = Math.floor(ms / 1_000);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, n) => Math.max(...rows.map((row) => row[n]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, n) => cell.padEnd(widths[n] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
