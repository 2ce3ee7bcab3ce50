import { relative } from 'node:path';
import { asksForHelp, projectRoot, UsageError } from '../../stack/src';
import { chosen, USAGE } from './options';
import { packAll } from './pack';

function main(args: string[]): void {
  if (asksForHelp(args)) {
    console.log(USAGE);
    return;
  }
  const root = projectRoot();
  for (const file of packAll(root, chosen(args))) console.log(`written: ${relative(root, file)}`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`pack: ${error.message}`);
  process.exitCode = error.exitCode;
}
