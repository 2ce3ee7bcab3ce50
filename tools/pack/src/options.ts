import { readArguments, UsageError } from '../../stack/src';
import { PACKAGES } from './packages';

const NAMES = PACKAGES.map(({ name }) => name);

export const USAGE = `npm run pack -- [--only <package>]

Packs ${NAMES.join(', ')} into dist/packages, for teams that build on Uplift.

  --only <package>  this one alone; may be given several times
  --help            print this`;

/** Names of the packages that are asked for. Throws UsageError with one sentence on anything that it does not know. */
export function chosen(args: string[]): readonly string[] {
  const { only = NAMES } = readArguments({
    args,
    options: { only: { type: 'string', multiple: true } },
  }).values;
  const unknown = only.find((name) => !NAMES.includes(name));
  if (unknown === undefined) return only;
  throw new UsageError(`There is no package ${unknown}: there are ${NAMES.join(', ')}`);
}
