import { parseArgs } from 'node:util';

export interface SoakOptions {
  readonly minutes: number;
  /** Upgrades begun in a second. */
  readonly rate: number;
  readonly instances: number;
  /** Events of each instance before the load begins, at least. */
  readonly beginWith: number;
  /** Minutes at the beginning that are shown and not judged. */
  readonly warmUp: number;
}

/** The command line cannot be read: one sentence says why. */
export class UsageError extends Error {}

export const USAGE = `npm run soak -- [options]

Uplift as real processes under a steady load: the same instances are upgraded again and again. Each minute it tells
memory and CPU of each process, the times of commands and upgrades, what was refused or failed, and the lag of relay
and projector. At the end everything that is left is held against the promises. Ends with code 1 when a line of the
verdict does not hold, and with code 130 when Ctrl-C ends it early; the table so far is printed all the same.

  --minutes <n>    how long the load lasts (60)
  --rate <n>       upgrades begun in a SECOND (20)
  --instances <n>  instances that are upgraded in turn (2000)
  --begin-with <n> events that each instance has when the load begins, at least (1, its registration); the rest are
                   health reports, a command each
  --warm-up <n>    minutes at the beginning that are not judged (a fifth of all, at least 5)
  --help           print this`;

const text = { type: 'string' } as const;
const OPTIONS = {
  minutes: { ...text, default: '60' },
  rate: { ...text, default: '20' },
  instances: { ...text, default: '2000' },
  'begin-with': { ...text, default: '1' },
  'warm-up': text,
  help: { type: 'boolean', default: false },
} as const;

/** Null if help is asked for. Throws UsageError. */
export function readOptions(args: readonly string[]): SoakOptions | null {
  const { values } = parsed(args);
  if (values.help) return null;
  const minutes = whole('minutes', values.minutes);
  const fifth = Math.max(5, Math.ceil(minutes / 5));
  return {
    minutes,
    rate: positive('rate', values.rate),
    instances: whole('instances', values.instances),
    beginWith: whole('begin-with', values['begin-with']),
    warmUp: values['warm-up'] === undefined ? fifth : whole('warm-up', values['warm-up']),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS });
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`${sentence}; see npm run soak -- --help`);
  }
}

function positive(name: string, given: string): number {
  const number = Number(given);
  if (given.trim() !== '' && number > 0 && Number.isFinite(number)) return number;
  throw new UsageError(`--${name} must be a number above 0, not "${given}"`);
}

function whole(name: string, given: string): number {
  const number = positive(name, given);
  if (Number.isSafeInteger(number)) return number;
  throw new UsageError(`--${name} must be a whole number, not "${given}"`);
}
