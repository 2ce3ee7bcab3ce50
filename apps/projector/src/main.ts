import { BusConnection } from '@uplift/bus';
import { runService, systemClock } from '@uplift/runtime';
import { PROJECTOR_NAME, PROJECTOR_SETTINGS, ProjectorModule } from './projector.module';
import { queryService } from './queries/queries.controller';
import { runRebuild } from './rebuild/rebuild-command';

const REBUILD = '--rebuild';

async function main(): Promise<void> {
  if (process.argv.includes(REBUILD)) {
    process.exitCode = await runRebuild(systemClock, (line) => process.stdout.write(line));
    return;
  }
  await runService({
    name: PROJECTOR_NAME,
    settings: PROJECTOR_SETTINGS,
    module: (runtime) => ProjectorModule.for(runtime),
    strategies: (app) => [queryService(app.get(BusConnection), PROJECTOR_NAME)],
  });
}

void main();
