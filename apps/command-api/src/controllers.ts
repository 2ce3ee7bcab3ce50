import { CommandBusController } from './commands/command-bus.controller';
import { InstanceEventsController } from './events/instance-events.controller';
import { WatchEventsController } from './events/watch-events.controller';
import { GetInstanceController } from './instances/get-instance.controller';
import { HealthCallbackController } from './instances/health-callback.controller';
import { ImportInstancesController } from './instances/import-instances.controller';
import { InstanceTimelineController } from './instances/instance-timeline.controller';
import { ListInstancesController } from './instances/list-instances.controller';
import { RegisterInstanceController } from './instances/register-instance.controller';
import { ReportHealthController } from './instances/report-health.controller';
import { PagesController } from './pages/pages.controller';
import { ProcessController } from './pages/process.controller';
import { InstanceStatsController } from './queries/instance-stats.controller';
import { CancelUpgradeController } from './upgrades/cancel-upgrade.controller';
import { GetUpgradeController } from './upgrades/get-upgrade.controller';
import { TriggerUpgradeController } from './upgrades/trigger-upgrade.controller';

/** Every operation of this service, in the order of its published description. */
export const CONTROLLERS = [
  RegisterInstanceController,
  ImportInstancesController,
  ListInstancesController,
  GetInstanceController,
  InstanceTimelineController,
  InstanceEventsController,
  ReportHealthController,
  TriggerUpgradeController,
  CancelUpgradeController,
  GetUpgradeController,
  InstanceStatsController,
  WatchEventsController,
  HealthCallbackController,
  CommandBusController,
  PagesController,
  ProcessController,
];
