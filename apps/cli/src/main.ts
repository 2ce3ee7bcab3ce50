import { reportError } from './exit-code';
import { program } from './program';

void program()
  .parseAsync(process.argv)
  .catch((error: unknown) => {
    process.exitCode = reportError(error, process.argv);
  });
