import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { CommandFailure, EXIT } from '../exit-code';

/** The projector's own entry: the read model is its own affair. */
const PROJECTOR = resolve(__dirname, '../../../projector/src/main.js');

export function rebuildCommand(): Command {
  return new Command('rebuild')
    .description('fold the read model again from the first event')
    .action(async () => {
      const child = spawn(process.execPath, [PROJECTOR, '--rebuild'], { stdio: 'inherit' });
      const [code] = (await once(child, 'exit')) as [number | null];
      if (code !== 0) throw new CommandFailure(EXIT.failed, 'the rebuild did not finish');
    });
}
