import type { WorkOrder } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import type { LagoonCore } from '@uplift/lagoon';
import type { InstanceCursor } from '../runner/instance-cursor';
import { proveReachable } from './core-reach';
import { sendDeployment } from './deploy-request';
import type { Effect, EffectAnswer, Landed } from './effect.port';

const NEWEST_BUILDS = 20;

/** The build of one attempt, known by its name; its marker is the bulk name. */
export class DeployEffect implements Effect<string> {
  readonly name = 'deploy';

  constructor(
    private readonly core: LagoonCore,
    private readonly order: WorkOrder,
    /** Lagoon's id of the wave, as the intent says; null without one. */
    private readonly bulkId: string | null,
  ) {}

  proveReachable(signal: AbortSignal): Promise<void> {
    return proveReachable(this.core, signal);
  }

  async send(signal: AbortSignal): Promise<EffectAnswer<string>> {
    const { core, order, bulkId } = this;
    const answer = await sendDeployment(core.lagoon, order, { bulkId, ...core.settings }, signal);
    return answer.kind === 'accepted' ? { kind: 'accepted', trace: answer.buildName } : answer;
  }

  async lookUp(signal: AbortSignal): Promise<readonly string[]> {
    const { located } = this.order;
    if (located === null) return [];
    const marker = markerOf(this.order);
    const filter = { limit: NEWEST_BUILDS };
    const rows = await this.core.lagoon.deploymentsOf(located.environmentId, filter, signal);
    const ours = rows.filter(({ bulkName }) => bulkName === marker).sort((a, b) => b.id - a.id);
    return ours.map(({ name }) => name);
  }

  async accept(cursor: InstanceCursor, builds: Landed<string>): Promise<void> {
    const { upgradeId, attempt } = this.order;
    const [buildName, ...older] = builds;
    if (older.length > 0) {
      await cursor.submit({ type: 'RecordDuplicateBuilds', data: { upgradeId, attempt, builds } });
    }
    await cursor.submit({ type: 'AcceptDeployment', data: { upgradeId, attempt, buildName } });
  }
}
