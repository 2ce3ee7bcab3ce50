import { readFileSync } from 'node:fs';
import type { ProcessUsage, Stack } from '../../tools/stack/src';
import { isServiceName } from '../../tools/stack/src';
import type { Row } from '../benchmark';

/** The aim for every service of Uplift; the servers it stands on are shown beside. */
const MEMORY_AIM = { lessThan: 300 };

const CLIENT = 'bench client';

const TIME_UNITS = {
  append: { name: 'µs', perSecond: 1e6 },
  read: { name: 'µs', perSecond: 1e6 },
  event: { name: 'µs', perSecond: 1e6 },
  upgrade: { name: 'ms', perSecond: 1e3 },
};

interface ProcessReading {
  readonly name: string;
  readonly cpuSeconds: number;
  /** Highest since the process began. */
  readonly peakMiB: number;
}

export interface CpuUse {
  readonly seconds: number;
  readonly readings: readonly ProcessReading[];
  /** Cores in use on the whole machine, by anybody. */
  readonly coresBusy: number;
}

interface Work {
  readonly section: string;
  /** What the CPU time is divided by. */
  readonly pieces: number;
  /** Name of one piece. */
  readonly piece: keyof typeof TIME_UNITS;
}

/** Begins to count what each process of a stack, and this one, uses; returns what they used since then. */
export function startCpuMeter(stack: Stack): () => CpuUse {
  const before = readingsOf(stack);
  const earlier = new Map(before.readings.map(({ name, cpuSeconds }) => [name, cpuSeconds]));
  return () => {
    const now = readingsOf(stack);
    const seconds = (now.at - before.at) / 1_000;
    const readings = now.readings.map((reading) => ({
      ...reading,
      cpuSeconds: reading.cpuSeconds - (earlier.get(reading.name) ?? 0),
    }));
    return { seconds, readings, coresBusy: (now.busySeconds - before.busySeconds) / seconds };
  };
}

/**
 * One row per process, most work first: CPU time per piece of work, and peak memory. Then how many cores our own
 * processes had, and how many everybody else: those make the figures noise.
 */
export function processRows(use: CpuUse, { section, pieces, piece }: Work): Row[] {
  const unit = TIME_UNITS[piece];
  const rows = use.readings
    .toSorted((left, right) => right.cpuSeconds - left.cpuSeconds)
    .map(({ name, cpuSeconds, peakMiB }) => ({
      section,
      measure: `process ${name}`,
      figures: [
        { value: (cpuSeconds * unit.perSecond) / pieces, unit: `${unit.name} CPU/${piece}` },
        { value: peakMiB, unit: 'MiB peak', ...(isServiceName(name) ? { aim: MEMORY_AIM } : {}) },
      ],
    }));
  const ours = cpuSecondsOf(use) / use.seconds;
  const cores = [
    { value: ours, unit: 'by this' },
    { value: Math.max(0, use.coresBusy - ours), unit: 'by others' },
  ];
  return [...rows, { section, measure: 'cores in use', figures: cores }];
}

export function cpuSecondsOf({ readings }: Pick<CpuUse, 'readings'>): number {
  return readings.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}

/** CPU seconds of Uplift's services, of the servers they stand on, and of this process. */
export function cpuSecondsByKind({ readings }: CpuUse) {
  const ofThose = (isOne: (name: string) => boolean) =>
    cpuSecondsOf({ readings: readings.filter(({ name }) => isOne(name)) });
  return {
    services: ofThose(isServiceName),
    servers: ofThose((name) => !isServiceName(name) && name !== CLIENT),
    client: ofThose((name) => name === CLIENT),
  };
}

/** NaN where the system does not tell. */
export function readingOf(name: string, usage: ProcessUsage | undefined): ProcessReading {
  const { cpuSeconds = NaN, peakRssBytes = NaN } = usage ?? {};
  return { name, cpuSeconds, peakMiB: peakRssBytes / 1_048_576 };
}

function readingsOf(stack: Stack) {
  const own = process.cpuUsage();
  const client = {
    name: CLIENT,
    cpuSeconds: (own.user + own.system) / 1e6,
    peakMiB: process.resourceUsage().maxRSS / 1_024,
  };
  const parts = stack.parts.flatMap((part) => {
    const usage = part.usage();
    return usage ? [readingOf(part.name, usage)] : [];
  });
  return { at: performance.now(), busySeconds: busySeconds(), readings: [...parts, client] };
}

/** Seconds that all cores together have worked since boot; NaN where there is no /proc. */
function busySeconds(): number {
  try {
    const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/);
    // user, nice, system, then idle and iowait, then irq, softirq, steal: proc(5).
    return [0, 1, 2, 5, 6, 7].reduce((sum, i) => sum + Number(ticks[i]), 0) / 100;
  } catch {
    return NaN;
  }
}
