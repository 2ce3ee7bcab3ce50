import { BusConnection } from '@uplift/bus';
import { runService } from '@uplift/runtime';
import { PROJECTOR_NAME, PROJECTOR_SETTINGS, ProjectorModule } from './projector.module';
import { queryDoor } from './queries/query-door';
import { runRebuild } from './rebuild/rebuild-command';

const REBUILD = '--rebuild';

async function main(): Promise<void> {
  if (process.argv.includes(REBUILD)) {
    process.exitCode = await runRebuild((line) => process.stdout.write(line));
    return;
  }
  await runService({
    name: PROJECTOR_NAME,
    settings: PROJECTOR_SETTINGS,
    module: (runtime) => ProjectorModule.for(runtime),
    strategies: (app) => [queryDoor(app.get(BusConnection), PROJECTOR_NAME)],
  });
}

void main();
