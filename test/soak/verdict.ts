import type { ProcessMinute } from './process-samples';

/** Milliseconds; null where nothing ended in the minute. */
export interface Percentiles {
  readonly p50: number | null;
  readonly p99: number | null;
}

/** One minute of the run. */
export interface SoakMinute {
  readonly started: number;
  readonly ended: number;
  readonly refused: number;
  readonly failed: number;
  /** Upgrades that should have begun, and no instance was at rest. */
  readonly heldBack: number;
  readonly commandMs: Percentiles;
  readonly upgradeMs: Percentiles;
  /** The longest that was seen, in seconds. */
  readonly relayLag: number;
  readonly projectorLag: number;
  /** Of the machine. */
  readonly load: number;
  readonly processes: readonly ProcessMinute[];
}

export interface VerdictLine {
  readonly what: string;
  readonly figures: string;
  /** Null: too short a run to say. */
  readonly holds: boolean | null;
}

/** Most that the memory of a service may grow, as a share. */
const GROWTH = 0.05;
/** Most that a time may drift, as a share, and what is noise whatever the share, in ms. */
const DRIFT = 0.25;
const NOISE_MS = { command: 5, upgrade: 250 };
/** Seconds that relay or projector may be behind at the end. */
const MOST_LAG = 2;
/** Minutes behind the warm-up that can be told apart. */
const LEAST_JUDGED = 6;
const MIB = 1024 * 1024;

/**
 * Holds the last third of the judged minutes against their first third, so that what grows steadily cannot hide: by the
 * median of each, and the memory of a process by the highest minute but one, since between its collections Node moves it
 * up and down. A single minute that is out of line decides nothing.
 */
export function verdictOf(minutes: readonly SoakMinute[], warmUp: number): readonly VerdictLine[] {
  const judged = minutes.slice(warmUp);
  const windows = windowsOf(judged);
  return [
    none('refused', 'commands refused', minutes),
    none('failed', 'upgrades that did not end healthy', minutes),
    none('heldBack', 'upgrades that found no instance at rest', minutes),
    ...servicesIn(judged).flatMap((name) => [
      growth(`held by ${name}`, windows, heldBy(name), medianOf),
      growth(`memory of ${name}`, windows, memoryOf(name), highestButOneOf),
    ]),
    drift('command', 'commands, p50', windows, ({ commandMs }) => commandMs.p50),
    drift('upgrade', 'upgrades, p50', windows, ({ upgradeMs }) => upgradeMs.p50),
    lag('relay', windows, ({ relayLag }) => relayLag),
    lag('projector', windows, ({ projectorLag }) => projectorLag),
  ];
}

interface Windows {
  readonly first: readonly SoakMinute[];
  readonly last: readonly SoakMinute[];
  readonly isLongEnough: boolean;
}

function windowsOf(judged: readonly SoakMinute[]): Windows {
  const third = Math.max(1, Math.floor(judged.length / 3));
  return {
    first: judged.slice(0, third),
    last: judged.slice(-third),
    isLongEnough: judged.length >= LEAST_JUDGED,
  };
}

function none(
  key: 'refused' | 'failed' | 'heldBack',
  what: string,
  minutes: readonly SoakMinute[],
): VerdictLine {
  const count = minutes.reduce((sum, minute) => sum + minute[key], 0);
  return { what, figures: String(count), holds: count === 0 };
}

function servicesIn(judged: readonly SoakMinute[]): readonly string[] {
  const names = judged.flatMap(({ processes }) =>
    processes.filter(({ isService }) => isService).map(({ name }) => name),
  );
  return [...new Set(names)];
}

const heldBy =
  (name: string) =>
  ({ processes }: SoakMinute): number | null =>
    processes.find((each) => each.name === name)?.heldBytes ?? null;

const memoryOf =
  (name: string) =>
  ({ processes }: SoakMinute): number | null =>
    processes.find((each) => each.name === name)?.anonymousBytes ?? null;

function growth(
  what: string,
  { first, last, isLongEnough }: Windows,
  bytesOf: (minute: SoakMinute) => number | null,
  measureOf: (bytes: readonly (number | null)[]) => number,
): VerdictLine {
  const [from, to] = [measureOf(first.map(bytesOf)), measureOf(last.map(bytesOf))];
  const percent = (100 * (to - from)) / from;
  return {
    what,
    figures: `${shown(from / MIB)} → ${shown(to / MIB)} MiB (${percent.toFixed(1)} %)`,
    holds: isLongEnough ? to <= from * (1 + GROWTH) : null,
  };
}

function drift(
  kind: keyof typeof NOISE_MS,
  what: string,
  { first, last, isLongEnough }: Windows,
  timeOf: (minute: SoakMinute) => number | null,
): VerdictLine {
  const [from, to] = [medianOf(first.map(timeOf)), medianOf(last.map(timeOf))];
  return {
    what,
    figures: `${shown(from)} → ${shown(to)} ms`,
    holds: isLongEnough ? to <= from * (1 + DRIFT) + NOISE_MS[kind] : null,
  };
}

function lag(
  what: string,
  { first, last, isLongEnough }: Windows,
  lagOf: (minute: SoakMinute) => number,
): VerdictLine {
  const [from, to] = [medianOf(first.map(lagOf)), medianOf(last.map(lagOf))];
  return {
    what: `lag of the ${what}`,
    figures: `${shown(from)} → ${shown(to)} s`,
    holds: isLongEnough ? to <= from + MOST_LAG : null,
  };
}

function highestButOneOf(values: readonly (number | null)[]): number {
  const known = sorted(values);
  return known.at(-2) ?? known.at(-1) ?? NaN;
}

function sorted(values: readonly (number | null)[]): readonly number[] {
  return values.filter((value) => value !== null).sort((a, b) => a - b);
}

function medianOf(values: readonly (number | null)[]): number {
  const known = sorted(values);
  const middle = known.length / 2;
  const [low, high] = [known[Math.ceil(middle) - 1], known[Math.floor(middle)]];
  return low === undefined || high === undefined ? NaN : (low + high) / 2;
}

function shown(value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(value < 10 ? 2 : 0);
}
