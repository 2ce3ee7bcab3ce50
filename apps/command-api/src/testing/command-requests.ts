import type { Labels, RunningStatus } from '@uplift/domain';
import { environmentDecider, UPGRADE_STRATEGIES } from '@uplift/domain';
import type { EventStore, SnapshotOptions } from '@uplift/event-store';
import {
  CommandHandler,
  EnvironmentCommandHandler,
  InstanceHistory,
  StreamHistory,
} from '@uplift/event-store';
import type { Clock } from '@uplift/runtime';
import { Health, Metrics, systemClock } from '@uplift/runtime';
import { SeededRandomness } from '@uplift/runtime/testing';
import type { Caller, CommandRequest } from '../commands/command-request';
import { upgradeIdFor } from '../commands/command-request';
import { CommandLimiter, CommandLimits } from '../commands/command-limiter';
import { CommandMeter } from '../commands/command-meter';
import { CommandExecution, CommandService } from '../commands/command-service';
import { CoreNames, Environments } from '../commands/environments';
import { InstanceLimits } from '../commands/instance-limits';
import { RefusalRecorder } from '../commands/refusal-recorder';

export const INSTANCE_ID = '11111111-1111-4111-8111-111111111111';

const CALLER: Caller = {
  transport: 'http',
  actor: { type: 'user', id: 'somebody' },
  labels: {},
  idempotencyKey: 'register',
};

interface Place {
  readonly key?: string;
  readonly instanceId?: string;
  /** Absent: one of its own. */
  readonly environment?: string;
  readonly core?: string;
  readonly labels?: Labels;
  /** Of the caller. */
  readonly limit?: Labels;
}

interface Varied {
  readonly key?: string;
  readonly instanceId?: string;
  readonly reason?: string;
  readonly ifRevision?: number;
  readonly limit?: Labels;
}

export function registration({
  key = 'register',
  instanceId = INSTANCE_ID,
  environment = instanceId,
  core = 'default',
  labels = {},
  limit = {},
}: Place = {}) {
  const data = {
    profile: {
      project: 'shop',
      projectId: 7,
      environment,
      core,
      app: 'store-app',
      scripts: { preUpgrade: null, postUpgrade: null },
      healthProbe: { path: '/', acceptStatuses: [] },
    },
    labels,
    status: 'running-healthy-claimed',
  } as const;
  return {
    instanceId,
    command: { type: 'RegisterInstance', data },
    content: { instanceId, ...data },
    caller: { ...CALLER, labels: limit, idempotencyKey: key },
  } satisfies CommandRequest;
}

export function trigger(varied: Varied = {}) {
  const { key = 'trigger', instanceId = INSTANCE_ID, reason = 'new version' } = varied;
  const { ifRevision, limit = {} } = varied;
  const asked = { strategy: null, target: null, reason, rolloutId: null } as const;
  const data = {
    ...asked,
    waveId: null,
    repair: false,
    enabledStrategies: UPGRADE_STRATEGIES,
    upgradeId: upgradeIdFor(instanceId, key),
    requestedBy: 'somebody',
    attemptMs: 43_200_000,
    startBy: null,
    priority: null,
    requestedAt: '2026-03-01T10:00:00.000Z',
  };
  const revision = ifRevision === undefined ? {} : { ifRevision };
  return {
    instanceId,
    command: { type: 'RequestUpgrade', data },
    content: { instanceId, ...asked },
    caller: { ...CALLER, labels: limit, idempotencyKey: key, ...revision },
  } satisfies CommandRequest;
}

export function cancel({ key = 'cancel', reason = 'wrong version', ...varied }: Varied = {}) {
  const { instanceId = INSTANCE_ID } = varied;
  const asked = { upgradeId: upgradeIdFor(instanceId, 'trigger'), reason };
  return {
    instanceId,
    command: { type: 'CancelUpgrade', data: { ...asked, requestedBy: 'somebody' } },
    content: { instanceId, ...asked },
    caller: { ...CALLER, idempotencyKey: key },
  } satisfies CommandRequest;
}

export function report(key: string, status: RunningStatus) {
  return {
    instanceId: INSTANCE_ID,
    command: { type: 'ReportHealth', data: { status } },
    content: { instanceId: INSTANCE_ID, status },
    caller: { ...CALLER, idempotencyKey: key },
  } satisfies CommandRequest;
}

/** The command service over a store, and what it measures. */
export function commandServiceOn(
  store: EventStore,
  clock: Clock = systemClock,
  {
    coreNames = [],
    ...snapshots
  }: SnapshotOptions & { readonly coreNames?: readonly string[] } = {},
) {
  const ports = { clock: systemClock, randomness: new SeededRandomness(1) };
  const history = new InstanceHistory(store, 'command-api', snapshots);
  const handler = new CommandHandler(history, ports);
  const metrics = new Metrics('command-api');
  const refusals = new RefusalRecorder(store, clock, metrics);
  const meter = meterOn(clock, metrics);
  const streams = new StreamHistory(store, 'command-api', 'environment', environmentDecider);
  const environments = new Environments(
    new EnvironmentCommandHandler(streams, ports),
    history,
    new CoreNames(coreNames),
  );
  const limits = new InstanceLimits(history, clock, refusals);
  const execution = new CommandExecution(handler, meter, refusals, environments);
  const service = new CommandService(execution, limits);
  return { service, metrics, refusals, environments, limits };
}

export { refusedWith } from '@uplift/access/testing';

/** With the limits of an installation that sets none. */
export function meterOn(clock: Clock, metrics: Metrics): CommandMeter {
  const limits = new CommandLimits({ commandsUnderWay: 64, commandsQueued: 512 });
  return new CommandMeter(
    new CommandLimiter(limits, clock, metrics, new Health(clock)),
    clock,
    metrics,
  );
}
