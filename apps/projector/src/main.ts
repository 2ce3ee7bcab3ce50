import { runService, systemClock } from '@uplift/runtime';
import { runMigrate } from './migrate/migrate-command';
import { projector } from './projector.module';
import { runRebuild } from './rebuild/rebuild-command';

const MIGRATE = '--migrate';
const REBUILD = '--rebuild';

async function main(): Promise<void> {
  const write = (line: string) => void process.stdout.write(line);
  if (process.argv.includes(MIGRATE)) process.exitCode = await runMigrate(write);
  else if (process.argv.includes(REBUILD)) process.exitCode = await runRebuild(systemClock, write);
  else await runService(projector());
}

void main();
