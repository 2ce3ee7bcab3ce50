import type { InstanceCommandType } from '@uplift/domain';
import type { EventStore } from '@uplift/event-store';
import { workSteps } from '../command-api/worker-steps';

type Steps = readonly InstanceCommandType[];

const CALLED: Steps = ['StartPreUpgrade', 'CompletePreUpgrade', 'StartUpgrade'];
const BUILDING: Steps = [...CALLED, 'AcceptDeployment'];
const DEPLOYED: Steps = [...BUILDING, 'CompleteUpgrade'];
const SETTLED: Steps = [...DEPLOYED, 'StartPostUpgrade', 'CompletePostUpgrade'];

/** What there is before a request: the steps of the workers in an upgrade, null without one. */
export const STATES = {
  'a healthy instance': null,
  'an upgrade that waits for its start': [],
  'a parked upgrade': ['StartPreUpgrade', 'ParkInstance'],
  'an upgrade whose deployment runs': BUILDING,
  'an upgrade that has called Lagoon': CALLED,
  'an upgrade that failed in the pre-upgrade stage': ['StartPreUpgrade', 'FailPreUpgrade'],
  'an upgrade that failed in the upgrade stage': [...BUILDING, 'FailUpgrade'],
  'an upgrade that failed in the post-upgrade stage': [
    ...DEPLOYED,
    'StartPostUpgrade',
    'FailPostUpgrade',
  ],
  'an upgrade whose outcome is unknown': [...CALLED, 'DeclareOutcomeUnknown'],
  'an upgrade that left the app unhealthy': [...SETTLED, 'FindUnhealthy'],
  'a completed upgrade': [...SETTLED, 'VerifyHealthy'],
} as const satisfies Record<string, Steps | null>;

export type StateName = keyof typeof STATES;
export const STATE_NAMES = Object.keys(STATES) as readonly StateName[];

export interface Given {
  readonly instanceId: string;
  /** The instance's id where there is no upgrade. */
  readonly upgradeId: string;
}

/** Brings about a state: commands over HTTP, and what workers append. */
export class GivenStates {
  constructor(
    private readonly store: EventStore,
    /** Of the command API. */
    private readonly url: string,
  ) {}

  async bring(state: StateName, key: string): Promise<Given> {
    const registration = {
      ...{ project: 'shop', environment: `at-${key}`, app: 'store-app' },
      status: 'running-healthy-claimed',
    };
    const { instanceId } = await this.post('/v1/instances', key, registration);
    const given = { instanceId: String(instanceId), upgradeId: String(instanceId) };
    const steps: Steps | null = STATES[state];
    if (steps === null) return given;
    const path = `/v1/instances/${given.instanceId}/upgrades`;
    const { upgradeId } = await this.post(path, `${key}-upgrade`, { reason: 'new version' });
    const upgrade = { ...given, upgradeId: String(upgradeId) };
    await workSteps(this.store, upgrade, steps);
    return upgrade;
  }

  private async post(path: string, key: string, body: object): Promise<Record<string, unknown>> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const sent = { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(`${this.url}${path}`, sent);
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`POST ${path}: ${JSON.stringify(answer)}`);
    return answer;
  }
}
