import { parseArgs } from 'node:util';

export interface DemoOptions {
  readonly instances: number;
  /** How many of them have a build that fails. */
  readonly fail: number;
  /** Leave everything running at the end, until Ctrl-C. */
  readonly keep: boolean;
}

/** Throws with one clear sentence on anything that is not `--instances N --fail N --keep`. */
export function demoOptions(args: string[]): DemoOptions {
  const { values } = parseArgs({
    args,
    options: {
      instances: { type: 'string', default: '25' },
      fail: { type: 'string', default: '2' },
      keep: { type: 'boolean', default: false },
    },
  });
  const instances = wholeNumber('--instances', values.instances, 1, 5_000);
  const fail = wholeNumber('--fail', values.fail, 0, instances);
  return { instances, fail, keep: values.keep };
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} wants a whole number from ${least} to ${most}, not "${text}"`);
}
