import { SERVICE_NAMES } from '../../tools/stack/src';
import type { Row } from '../benchmark';
import type { MeterResult } from './cpu-meter';

/** The aim for every service of Uplift; the servers it stands on are shown beside. */
const MEMORY_AIM = { lessThan: 250 };

export interface Work {
  readonly section: string;
  /** What the CPU time is divided by. */
  readonly pieces: number;
  /** Name of one piece. */
  readonly piece: 'append' | 'event' | 'upgrade';
}

const TIME_UNITS = {
  append: { name: 'µs', perSecond: 1e6 },
  event: { name: 'µs', perSecond: 1e6 },
  upgrade: { name: 'ms', perSecond: 1e3 },
};

/** One row per process: CPU time per piece of work, and peak memory. Most work first. */
export function processRows({ readings }: MeterResult, { section, pieces, piece }: Work): Row[] {
  const unit = TIME_UNITS[piece];
  return readings
    .toSorted((left, right) => right.cpuSeconds - left.cpuSeconds)
    .map(({ name, cpuSeconds, peakMiB }) => ({
      section,
      measure: `process ${name}`,
      figures: [
        { value: (cpuSeconds * unit.perSecond) / pieces, unit: `${unit.name} CPU/${piece}` },
        { value: peakMiB, unit: 'MiB peak', ...(isService(name) ? { aim: MEMORY_AIM } : {}) },
      ],
    }));
}

function isService(name: string): boolean {
  return SERVICE_NAMES.some((service) => service === name);
}
