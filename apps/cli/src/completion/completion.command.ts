import { Argument, Command } from 'commander';
import type { CliContext } from '../cli-context';
import { placesOf } from './command-words';
import type { Shell } from './completion-scripts';
import { COMPLETION_SCRIPTS, SHELLS } from './completion-scripts';

/** `uplift completion <shell>` */
export function completionCommand(context: CliContext): Command {
  return new Command('completion')
    .description('print what a shell needs to complete commands, options and their values')
    .addArgument(new Argument('<shell>', 'for which shell').choices(SHELLS))
    .action((shell: Shell, _options: object, command: Command) => {
      const root = command.parent ?? command;
      const lines = COMPLETION_SCRIPTS[shell](placesOf(root));
      const script = lines.join('\n');
      context.printer.print({ document: { shell, script }, rows: [{ script }], words: lines });
    });
}
