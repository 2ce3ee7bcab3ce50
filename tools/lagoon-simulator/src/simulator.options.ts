import type { WorldOptions } from '@uplift/lagoon/testing';

export interface SimulatorOptions extends WorldOptions {
  /** 0 picks a free port. */
  readonly port: number;
  /** Same seed, same calls: same build names and durations. */
  readonly seed: number;
  /** The only bearer token accepted; null accepts every token, but never none. */
  readonly token: string | null;
  /** Calls kept with their variables in the ledger; counts are kept for all. */
  readonly ledgerEntries: number;
}

const DEFAULTS: SimulatorOptions = {
  port: 0,
  clockSpeed: 1,
  seed: 1,
  buildSeconds: 480,
  taskSeconds: 20,
  buildSlots: Infinity,
  token: null,
  ledgerEntries: 10_000,
};

export function withDefaults(options: Partial<SimulatorOptions>): SimulatorOptions {
  return { ...DEFAULTS, ...options };
}

/** Reads `UPLIFT_SIMULATOR_*`. Throws on a value that is not a number where one is due. */
export function optionsFrom(environment: NodeJS.ProcessEnv): SimulatorOptions {
  const number = (name: string, fallback: number) =>
    numberIn(`UPLIFT_SIMULATOR_${name}`, environment, fallback);
  return {
    port: number('PORT', DEFAULTS.port),
    clockSpeed: number('CLOCK_SPEED', DEFAULTS.clockSpeed),
    seed: number('SEED', DEFAULTS.seed),
    buildSeconds: number('BUILD_SECONDS', DEFAULTS.buildSeconds),
    taskSeconds: number('TASK_SECONDS', DEFAULTS.taskSeconds),
    buildSlots: number('BUILD_SLOTS', DEFAULTS.buildSlots),
    token: environment.UPLIFT_SIMULATOR_TOKEN ?? DEFAULTS.token,
    ledgerEntries: number('LEDGER_ENTRIES', DEFAULTS.ledgerEntries),
  };
}

function numberIn(name: string, environment: NodeJS.ProcessEnv, fallback: number): number {
  const text = environment[name];
  if (text === undefined || text === '') return fallback;
  const value = text === 'instant' ? Infinity : Number(text);
  if (Number.isNaN(value) || value < 0) throw new TypeError(`${name} must be a number from 0 on`);
  return value;
}
