import type { Stack } from '../../tools/stack/src';
import type { Row } from '../benchmark';
import { busySeconds } from './machine-facts';

const CLIENT = 'bench client';

export interface CpuReading {
  readonly name: string;
  readonly cpuSeconds: number;
  /** Highest since the process began. */
  readonly peakMiB: number;
}

interface Snapshot {
  readonly at: number;
  readonly busy: number;
  readonly readings: readonly CpuReading[];
}

export interface MeterResult {
  readonly seconds: number;
  readonly readings: readonly CpuReading[];
  /** Cores in use on the whole machine, by anybody. */
  readonly coresBusy: number;
}

/** What each process of a stack, and this one, uses from its start on. */
export class CpuMeter {
  private readonly before: Snapshot;

  constructor(private readonly stack: Stack) {
    this.before = snapshot(stack);
  }

  /** Processes that were started later count from their start. */
  read(): MeterResult {
    const now = snapshot(this.stack);
    const seconds = (now.at - this.before.at) / 1_000;
    const earlier = new Map(
      this.before.readings.map(({ name, cpuSeconds }) => [name, cpuSeconds] as const),
    );
    const readings = now.readings.map((reading) => ({
      ...reading,
      cpuSeconds: reading.cpuSeconds - (earlier.get(reading.name) ?? 0),
    }));
    return { seconds, readings, coresBusy: (now.busy - this.before.busy) / seconds };
  }
}

/** How many cores our own processes had, and how many everybody together: the difference is noise. */
export function coresRow(section: string, { seconds, readings, coresBusy }: MeterResult): Row {
  const ours = readings.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) / seconds;
  return {
    section,
    measure: 'cores in use',
    figures: [
      { value: ours, unit: 'by this' },
      { value: Math.max(0, coresBusy - ours), unit: 'by others' },
    ],
  };
}

function snapshot(stack: Stack): Snapshot {
  const own = process.cpuUsage();
  const client = {
    name: CLIENT,
    cpuSeconds: (own.user + own.system) / 1e6,
    peakMiB: process.resourceUsage().maxRSS / 1_024,
  };
  const parts = stack.parts.flatMap((part) => {
    const usage = part.usage();
    if (!usage) return [];
    const { cpuSeconds, peakRssBytes } = usage;
    return [{ name: part.name, cpuSeconds, peakMiB: peakRssBytes / 1_048_576 }];
  });
  return { at: performance.now(), busy: busySeconds() ?? NaN, readings: [...parts, client] };
}
