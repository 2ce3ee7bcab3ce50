import type { HealthProbe, LagoonCores } from '@uplift/lagoon';
import type { InstanceCursor } from '../../../runner/instance-cursor';
import type { StageTurn } from '../../../runner/stage-handler.port';
import { StageHandler } from '../../../runner/stage-handler.port';
import type { VerifyOptions } from './verify-health-check';
import { HealthCheck } from './verify-health-check';
import { healthPage } from './verify-page';
import type { HealthVerdict } from './verify-verdict';
import { conclude, NO_ROUTE } from './verify-verdict';

export type { VerifyOptions } from './verify-health-check';

/**
 * The last step, also after a cancel that came half-way: the app itself answers, several times in a row,
 * before it counts as back in service.
 */
export class VerifyStage extends StageHandler {
  readonly stage = 'poll-upgrade';

  constructor(
    private readonly cores: LagoonCores,
    private readonly probe: HealthProbe,
    private readonly options: VerifyOptions,
  ) {
    super();
  }

  async run({ cursor, signal }: StageTurn): Promise<void> {
    if (!cursor.isIn('post-upgrade-completed')) return;
    await conclude(cursor, await this.verdict(cursor, signal));
  }

  private async verdict(cursor: InstanceCursor, signal: AbortSignal): Promise<HealthVerdict> {
    const order = cursor.workOrder;
    if (order.located === null) return NO_ROUTE;
    const { route, environmentId } = order.located;
    const core = this.cores.of(order.profile.core);
    const routes = route === null ? await core.lagoon.routesOf(environmentId, signal) : [route];
    const page = healthPage(order, routes, core.settings.probeSuffixes);
    if (page === null) return NO_ROUTE;
    const checked = { order, core, environmentId };
    return new HealthCheck(checked, page, this.probe, this.options).verdict(signal);
  }
}
