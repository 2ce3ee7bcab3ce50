import { runService, systemClock } from '@uplift/runtime';
import { projector } from './projector.module';
import { runRebuild } from './rebuild/rebuild-command';

const REBUILD = '--rebuild';

async function main(): Promise<void> {
  if (process.argv.includes(REBUILD)) {
    process.exitCode = await runRebuild(systemClock, (line) => process.stdout.write(line));
    return;
  }
  await runService(projector());
}

void main();
