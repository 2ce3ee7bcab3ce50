import type { Finding } from '../history/run-history';
import type { ProcessMinute } from './process-samples';
import type { Percentiles, SoakMinute, VerdictLine } from './verdict';

const MIB = 1024 * 1024;

const COLUMNS: readonly (readonly [head: string, read: (minute: SoakMinute) => string])[] = [
  ['started', ({ started }) => String(started)],
  ['ended', ({ ended }) => String(ended)],
  ['refused', ({ refused }) => String(refused)],
  ['failed', ({ failed }) => String(failed)],
  ['held back', ({ heldBack }) => String(heldBack)],
  ['command p50 / p99 ms', ({ commandMs }) => both(commandMs)],
  ['upgrade p50 / p99 ms', ({ upgradeMs }) => both(upgradeMs)],
  ['lag relay / projector s', (minute) => `${one(minute.relayLag)} / ${one(minute.projectorLag)}`],
  ['load', ({ load }) => one(load)],
];

/** One row a minute, as Markdown. */
export function minuteTable(minutes: readonly SoakMinute[]): string {
  const heads = ['minute', ...COLUMNS.map(([head]) => head)];
  const rows = minutes.map((minute, n) => [
    String(n + 1),
    ...COLUMNS.map(([, read]) => read(minute)),
  ]);
  return table(heads, rows);
}

/** One row a minute, one column a process: of a service what it holds, of all anonymous + mapped MiB, and CPU. */
export function processTable(minutes: readonly SoakMinute[]): string {
  const names = [...new Set(minutes.flatMap(({ processes }) => processes.map(({ name }) => name)))];
  const rows = minutes.map(({ processes }, n) => [
    String(n + 1),
    ...names.map((name) => cell(processes.find((each) => each.name === name))),
  ]);
  return table(['minute', ...names], rows);
}

export function verdictTable(lines: readonly VerdictLine[]): string {
  const rows = lines.map(({ what, figures, holds }) => [
    what,
    figures,
    VERDICTS[String(holds)] ?? '',
  ]);
  return table(['what', 'figures', 'holds'], rows);
}

export function findingsTable(findings: readonly Finding[]): string {
  return table(
    ['promise', 'what', 'subject'],
    findings.map(({ promise, what, subject }) => [promise, what, subject]),
  );
}

/** What is printed as the run goes on. */
export function minuteLine(n: number, minute: SoakMinute): string {
  const { started, ended, refused, failed, commandMs, upgradeMs, load, processes } = minute;
  const memory = processes
    .filter(({ isService }) => isService)
    .map(({ name, anonymousBytes }) => `${name} ${(anonymousBytes / MIB).toFixed(0)}`);
  return [
    `minute ${n}: ${started} started, ${ended} ended, ${refused} refused, ${failed} failed`,
    `command ${both(commandMs)} ms, upgrade ${both(upgradeMs)} ms, load ${one(load)}`,
    `MiB: ${memory.join(', ')}`,
  ].join('; ');
}

const VERDICTS: Readonly<Record<string, string>> = {
  true: 'yes',
  false: '**no**',
  null: 'run too short to say',
};

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function cell(minute: ProcessMinute | undefined): string {
  if (minute === undefined) return '–';
  const { heldBytes, anonymousBytes, mappedBytes, cpuPercent } = minute;
  const memory = [anonymousBytes, mappedBytes].map((bytes) => (bytes / MIB).toFixed(0));
  const held = heldBytes === null ? '' : `${(heldBytes / MIB).toFixed(0)} of `;
  return `${held}${memory.join(' + ')}, ${cpuPercent.toFixed(0)} %`;
}

function both({ p50, p99 }: Percentiles): string {
  return `${p50 === null ? '–' : one(p50)} / ${p99 === null ? '–' : one(p99)}`;
}

function one(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0);
}
