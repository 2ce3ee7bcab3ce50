// Node's own modules only: it is asked before anything is installed.
import { parseArgs } from 'node:util';

/** For a command without options: prints its help and ends, or ends with code 2 and one line on whatever was typed. */
export function takesNoOptions(command, about) {
  if (asksForHelp()) {
    console.log(`${command}\n\n${about} It takes no options.`);
    process.exit(0);
  }
  const [sentence] = faults();
  if (sentence === undefined) return;
  console.error(`${command}: ${sentence}; it takes no options`);
  process.exit(2);
}

function asksForHelp() {
  return process.argv.slice(2).some((arg) => arg === '--help' || arg === '-h');
}

function faults() {
  try {
    parseArgs({ options: {} });
    return [];
  } catch (error) {
    return error.message.split(/\. |\n/);
  }
}
