import { relative } from 'node:path';
import { asksForHelp, projectRoot, readArguments, UsageError } from '../../stack/src';
import { packAll } from './pack';
import { PACKAGES } from './packages';

const NAMES = PACKAGES.map(({ name }) => name);
const USAGE = `npm run pack [-- --only <package>]

Packs ${NAMES.join(', ')} into dist/packages, for teams that build on Uplift.

--only <package>  this one alone; may be given several times`;

function main(): void {
  if (asksForHelp(process.argv)) {
    console.log(USAGE);
    return;
  }
  const root = projectRoot();
  for (const file of packAll(root, chosen())) console.log(`written: ${relative(root, file)}`);
}

function chosen(): readonly string[] {
  const { only = NAMES } = readArguments({
    options: { only: { type: 'string', multiple: true } },
  }).values;
  const unknown = only.find((name) => !NAMES.includes(name));
  if (unknown === undefined) return only;
  throw new UsageError(`There is no package ${unknown}: there are ${NAMES.join(', ')}`);
}

try {
  main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`pack: ${error.message}`);
  process.exitCode = error.exitCode;
}
