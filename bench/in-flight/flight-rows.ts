import type { ProcessMemory, Stack } from '../../tools/stack/src';
import { SERVICE_NAMES } from '../../tools/stack/src';
import type { Aim, Row } from '../benchmark';
import type { CpuUse } from '../report/process-rows';
import type { MemoryPeaks } from './memory-peaks';
import type { PollerNumbers } from './poller-numbers';

interface Span {
  readonly seconds: number;
}

export interface FlightResult {
  readonly inFlight: number;
  readonly fill: Span;
  readonly follow: Span;
  readonly end: Span;
  readonly atRest: {
    readonly use: CpuUse;
    /** Peaks until the rest was over. */
    readonly memory: ReadonlyMap<string, ProcessMemory>;
    readonly requests: number;
    readonly busiestSecond: number;
    readonly rounds: { readonly count: number; readonly seconds: number };
  };
  /** Peaks until all had ended. */
  readonly peaks: MemoryPeaks;
}

const MEBIBYTE = 1_048_576;
const SERVICES: ReadonlySet<string> = new Set(SERVICE_NAMES);

/** Up to which number of upgrades a service keeps to the smaller figure. */
const FEW = 10_000;
const FEW_AIM = { lessThan: 300 };
const MANY_AIM = { lessThan: 512 };

export function flightRows(stack: Stack, result: FlightResult, poller: PollerNumbers): Row[] {
  const { inFlight, fill, follow, end, atRest } = result;
  const section = `in flight, ${inFlight.toLocaleString('en-US')} upgrades`;
  const row = (measure: string, ...figures: Row['figures']): Row => ({ section, measure, figures });
  const { use, requests, busiestSecond, rounds } = atRest;
  const minutes = use.seconds / 60;
  return [
    row('histories written and in the read model', { value: fill.seconds, unit: 's' }),
    row('then until the poller follows all', { value: follow.seconds, unit: 's' }),
    row(
      'Lagoon requests at rest',
      { value: requests / inFlight / minutes, unit: 'per upgrade and minute' },
      { value: requests / use.seconds, unit: 'per s' },
      { value: busiestSecond, unit: 'in the busiest s' },
    ),
    row(
      'poll round at rest',
      { value: rounds.seconds / rounds.count, unit: 's on average' },
      { value: poller.longestRound, unit: 's at most, of all rounds' },
    ),
    ...stack.parts.map(({ name }) => processRow(section, name, result)),
    row('all builds over → all healthy', { value: end.seconds, unit: 's' }),
    row('at that', { value: inFlight / end.seconds, unit: 'upgrades/s' }),
  ];
}

function processRow(section: string, name: string, { inFlight, atRest, peaks }: FlightResult): Row {
  const { use, memory } = atRest;
  const cpuSeconds = use.readings.find((reading) => reading.name === name)?.cpuSeconds ?? NaN;
  const resident = memory.get(name) ?? peaks.of(name);
  const aim: Aim = inFlight <= FEW ? FEW_AIM : MANY_AIM;
  const whole = residentMiB(peaks.of(name));
  return {
    section,
    measure: `process ${name}`,
    figures: [
      { value: (100 * cpuSeconds) / use.seconds, unit: '% of a core at rest' },
      { value: resident.anonymousBytes / MEBIBYTE, unit: 'MiB own until then' },
      { value: resident.mappedBytes / MEBIBYTE, unit: 'MiB of files' },
      { value: whole, unit: 'MiB peak in all', ...(SERVICES.has(name) ? { aim } : {}) },
    ],
  };
}

function residentMiB({ anonymousBytes, mappedBytes }: ProcessMemory): number {
  return (anonymousBytes + mappedBytes) / MEBIBYTE;
}
