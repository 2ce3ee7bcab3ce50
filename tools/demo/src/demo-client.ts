import type { BusClient } from '@uplift/bus';
import { COMMAND_SUBJECTS, QUERY_SUBJECTS } from '@uplift/contracts';
import type { DemoInstance } from './fleet';
import { registrationOf } from './fleet';

export interface Stats {
  readonly instances: { readonly byStatus: Readonly<Record<string, number>> };
  readonly upgrades: { readonly byOutcome: Readonly<Record<string, number>> };
  readonly stages: readonly {
    readonly stage: string;
    readonly count: number;
    readonly queuedMs: { readonly p50: number | null; readonly p95: number | null };
    readonly activeMs: { readonly p50: number | null; readonly p95: number | null };
  }[];
}

export interface TimelineItem {
  readonly at: string;
  readonly revision: number;
  readonly eventType: string;
  readonly status: string;
  readonly note: string | null;
}

const REASON = 'demo: bring the fleet to the newest version';

/** What the demo does as a client of Uplift: through its public doors only. */
export class DemoClient {
  constructor(
    private readonly apiUrl: string,
    private readonly bus: BusClient,
  ) {}

  /** Registers the whole fleet in one import; throws with the first refusal. */
  async register(fleet: readonly DemoInstance[]): Promise<void> {
    const body = fleet.map((instance) => JSON.stringify(registrationOf(instance))).join('\n');
    const response = await this.post('/v1/instances/import', body, {
      'content-type': 'application/x-ndjson',
      'idempotency-key': 'demo-import',
    });
    const lines = (await response.text()).trim().split('\n');
    const refused = lines.find((line) => !line.includes('"revision"'));
    if (refused !== undefined) throw new Error(`An instance was refused: ${refused}`);
  }

  async triggerOverHttp({ instanceId }: DemoInstance): Promise<void> {
    await this.post(`/v1/instances/${instanceId}/upgrades`, JSON.stringify({ reason: REASON }), {
      'content-type': 'application/json',
      'idempotency-key': `demo-${instanceId}`,
    });
  }

  async triggerOverBus({ instanceId }: DemoInstance): Promise<void> {
    const body = { instanceId, reason: REASON };
    const idempotencyKey = `demo-${instanceId}`;
    await this.bus.request(COMMAND_SUBJECTS.triggerUpgrade, body, { idempotencyKey });
  }

  async stats(): Promise<Stats> {
    return (await this.bus.request(QUERY_SUBJECTS.instanceStats, {})) as Stats;
  }

  async timeline({ instanceId }: DemoInstance): Promise<readonly TimelineItem[]> {
    const answer = await this.bus.request(QUERY_SUBJECTS.instanceTimeline, {
      instanceId,
      limit: 100,
    });
    return (answer as { readonly items: readonly TimelineItem[] }).items;
  }

  async failureOf({ instanceId }: DemoInstance): Promise<string | null> {
    const answer = await this.bus.request(QUERY_SUBJECTS.instanceGet, { instanceId });
    const { instance } = answer as { readonly instance: { readonly failureReason: string | null } };
    return instance.failureReason;
  }

  private async post(path: string, body: string, headers: Record<string, string>) {
    const response = await fetch(`${this.apiUrl}${path}`, { method: 'POST', headers, body });
    if (!response.ok)
      throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response;
  }
}
