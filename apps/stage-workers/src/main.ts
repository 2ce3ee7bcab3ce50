import 'reflect-metadata';
import { runService } from '@uplift/runtime';
import { selectedStages } from './stage-selection';
import { stageWorkers } from './stage-workers.service';

void runService(stageWorkers((configured) => selectedStages(process.argv.slice(2), configured)));
