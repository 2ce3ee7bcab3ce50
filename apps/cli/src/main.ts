import { program } from './program';
import { report } from './report';

void program()
  .parseAsync(process.argv)
  .catch((error: unknown) => {
    process.exitCode = report(error, process.argv);
  });
