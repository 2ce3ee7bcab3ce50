import { parseArgs } from 'node:util';
import type { Mutant } from './mutant';
import { MUTANTS } from './mutants';

export const HELP = `npm run mutants -- [options]

Breaks one rule of Uplift after the other, each in a copy of this folder, and runs the test that has to notice it.

  --only <id>  this mutant alone; may be given several times
  --list       names all mutants and runs nothing
  --help       this text

Ends with 0 if every mutant is caught, with 1 if not, with 2 if it was called wrongly. See docs/mutants.md.`;

export class WrongCallError extends Error {}

export interface Asked {
  readonly action: 'help' | 'list' | 'run';
  readonly mutants: readonly Mutant[];
}

/** Throws WrongCallError. */
export function asked(args: readonly string[]): Asked {
  const { only, list, help } = options(args);
  const unknown = only.find((id) => !MUTANTS.some((mutant) => mutant.id === id));
  if (unknown !== undefined)
    throw new WrongCallError(`there is no mutant "${unknown}": see --list`);
  const mutants = MUTANTS.filter(({ id }) => only.length === 0 || only.includes(id));
  return { action: help ? 'help' : list ? 'list' : 'run', mutants };
}

function options(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true, default: [] },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new WrongCallError(line);
  }
}
