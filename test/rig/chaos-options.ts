import { parseArgs } from 'node:util';
import type { FaultKind } from './fault-plan';
import { FAULT_KINDS } from './fault-plan';

export const USAGE = `npm run chaos -- [options]

Uplift as real processes on a bus of three nodes, under a steady load, with faults by a plan that follows from the
seed; then everything that is left is held against the promises. Ends with code 1 when one is broken, or when a fault
met no upgrade in flight.

  --minutes <n>   how long load and faults last (10)
  --seed <n>      decides the plan of faults (1)
  --rate <n>      upgrades asked for in a second (3)
  --clients <n>   clients that ask (8)
  --only <kinds>  only these kinds of faults, separated by commas
  --keep          keep files and logs of a run that is sound, too
  --plan          print the plan and end
  --help          print this`;

export interface Choice {
  readonly minutes: number;
  readonly seed: number;
  readonly rate: number;
  readonly clients: number;
  readonly only: readonly FaultKind[];
  readonly keep: boolean;
  readonly plan: boolean;
}

/** Told in one line. */
export class UsageError extends Error {}

/** Null: somebody asks for help. Throws UsageError. */
export function choiceFrom(args: readonly string[]): Choice | null {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    ...{ minutes: { ...text, default: '10' }, seed: { ...text, default: '1' } },
    ...{ rate: { ...text, default: '3' }, clients: { ...text, default: '8' } },
    ...{ only: text, keep: flag, plan: flag, help: flag },
  };
  const { values } = parse(() => parseArgs({ args: [...args], options }));
  if (values.help) return null;
  const { keep, plan } = values;
  return {
    ...{ minutes: positive('minutes', values.minutes), seed: whole('seed', values.seed) },
    ...{ rate: positive('rate', values.rate), clients: whole('clients', values.clients) },
    ...{ only: kindsIn(values.only), keep, plan },
  };
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('\n')[0] : String(error));
  }
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new UsageError(`--${name} must be a number above 0, not ${text}`);
}

function whole(name: string, text: string): number {
  const number = positive(name, text);
  if (Number.isSafeInteger(number)) return number;
  throw new UsageError(`--${name} must be a whole number, not ${text}`);
}

function kindsIn(list = FAULT_KINDS.join(',')): FaultKind[] {
  return list.split(',').map((name) => {
    const kind = FAULT_KINDS.find((each) => each === name);
    if (kind) return kind;
    throw new UsageError(`--only knows no ${name}; there are ${FAULT_KINDS.join(', ')}`);
  });
}
