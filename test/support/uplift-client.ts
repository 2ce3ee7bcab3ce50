import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { BusClient } from '@uplift/bus';
import type { BusConnection } from '@uplift/bus';
import type { ProblemDetails } from '@uplift/contracts';
import { COMMAND_SUBJECTS, isProblemDetails, ProblemError } from '@uplift/contracts';
import { PATIENCE_MS } from './eventually';
import type { FleetInstance } from './fleet';
import { registrationOf } from './fleet';

export interface Accepted {
  readonly instanceId: string;
  readonly upgradeId: string;
  readonly revision: number;
  readonly position: string;
  readonly status: string;
}

/** What a request for an upgrade may say. */
interface UpgradeOptions {
  readonly reason?: string;
  readonly strategy?: string;
  readonly target?: object;
  readonly waveId?: string;
  readonly repair?: true;
}

export type Transport = 'http' | 'bus';

/** What an operator asks of one upgrade, by its word in paths. */
const ON_UPGRADE = {
  retry: COMMAND_SUBJECTS.retryUpgrade,
  abandon: COMMAND_SUBJECTS.abandonUpgrade,
  resolve: COMMAND_SUBJECTS.resolveOutcome,
  redrive: COMMAND_SUBJECTS.redriveStage,
  rollback: COMMAND_SUBJECTS.rollBackUpgrade,
};

const ON_INSTANCE = {
  park: COMMAND_SUBJECTS.parkInstance,
  unpark: COMMAND_SUBJECTS.unparkInstance,
};

const REASON = 'newest version';
const REPEAT_MS = 100;

/** A caller of Uplift over its public interfaces. */
export class UpliftClient {
  private readonly bus: BusClient;

  constructor(
    private readonly apiUrl: string,
    connection: BusConnection,
  ) {
    this.bus = new BusClient(connection);
  }

  register(instance: FleetInstance, transport: Transport): Promise<Accepted> {
    const body = registrationOf(instance);
    const key = `register-${instance.instanceId}`;
    return transport === 'http'
      ? this.post('/v1/instances', body, key)
      : this.command(COMMAND_SUBJECTS.registerInstance, body, key);
  }

  trigger(
    { instanceId }: Pick<FleetInstance, 'instanceId'>,
    transport: Transport,
    key = `upgrade-${instanceId}`,
    options: UpgradeOptions = {},
  ): Promise<Accepted> {
    const body = { reason: REASON, ...options };
    return transport === 'http'
      ? this.post(`/v1/instances/${instanceId}/upgrades`, body, key)
      : this.command(COMMAND_SUBJECTS.triggerUpgrade, { instanceId, ...body }, key);
  }

  cancel(
    { instanceId, upgradeId }: Pick<Accepted, 'instanceId' | 'upgradeId'>,
    transport: Transport,
    key = `cancel-${upgradeId}`,
  ): Promise<Accepted> {
    const body = { reason: 'wrong version' };
    return transport === 'http'
      ? this.post(`/v1/instances/${instanceId}/upgrades/${upgradeId}/cancel`, body, key)
      : this.command(COMMAND_SUBJECTS.cancelUpgrade, { instanceId, upgradeId, ...body }, key);
  }

  /** A command on one upgrade, under a key of its own. */
  onUpgrade(
    verb: keyof typeof ON_UPGRADE,
    { instanceId, upgradeId }: Pick<Accepted, 'instanceId' | 'upgradeId'>,
    transport: Transport,
    content: object = {},
  ): Promise<Accepted> {
    const body = { reason: 'an operator steps in', ...content };
    return transport === 'http'
      ? this.post(`/v1/instances/${instanceId}/upgrades/${upgradeId}/${verb}`, body, randomUUID())
      : this.command(ON_UPGRADE[verb], { instanceId, upgradeId, ...body }, randomUUID());
  }

  onInstance(
    verb: keyof typeof ON_INSTANCE,
    { instanceId }: Pick<Accepted, 'instanceId'>,
    transport: Transport,
  ): Promise<Accepted> {
    const body = { reason: 'an operator steps in' };
    return transport === 'http'
      ? this.post(`/v1/instances/${instanceId}/${verb}`, body, randomUUID())
      : this.command(ON_INSTANCE[verb], { instanceId, ...body }, randomUUID());
  }

  /** Over both transports in turn. */
  registerAll(fleet: readonly FleetInstance[]): Promise<Accepted[]> {
    return Promise.all(fleet.map((instance, n) => this.register(instance, transportOf(n))));
  }

  triggerAll(fleet: readonly FleetInstance[]): Promise<Accepted[]> {
    return Promise.all(fleet.map((instance, n) => this.trigger(instance, transportOf(n))));
  }

  ask<Answer>(subject: string, body: object): Promise<Answer> {
    return this.bus.request(subject, body, { timeoutMs: 10_000 }) as Promise<Answer>;
  }

  async get<Answer>(path: string): Promise<Answer> {
    return answerOf(await fetch(`${this.apiUrl}${path}`));
  }

  async post(path: string, body: unknown, idempotencyKey: string): Promise<Accepted> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    return onceThereIsRoom(async () => answerOf(await fetch(`${this.apiUrl}${path}`, init)));
  }

  private command(subject: string, body: object, idempotencyKey: string): Promise<Accepted> {
    const options = { idempotencyKey, timeoutMs: 2_000 };
    return onceThereIsRoom(() => this.bus.request(subject, body, options) as Promise<Accepted>);
  }
}

function transportOf(n: number): Transport {
  return n % 2 === 0 ? 'bus' : 'http';
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  const content: unknown = await response.json();
  if (response.ok) return content as Answer;
  if (isProblemDetails(content)) throw new ProblemError(content);
  throw new Error(`HTTP ${response.status} without a problem: ${JSON.stringify(content)}`);
}

/** The problem a request is refused with; fails when it is not refused. */
export async function problemOf(request: Promise<unknown>): Promise<ProblemDetails> {
  try {
    await request;
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error('The request was not refused');
}

/** Sends a command, under one key, until it is acknowledged: what a careful client does while servers come and go. */
export async function acknowledged<T>(send: () => Promise<T>, withinMs = PATIENCE_MS): Promise<T> {
  const deadline = Date.now() + withinMs;
  let outcome = await outcomeOf(send);
  while ('error' in outcome && isPassing(outcome.error) && Date.now() < deadline) {
    await pause(REPEAT_MS);
    outcome = await outcomeOf(send);
  }
  if ('error' in outcome) throw outcome.error;
  return outcome.answer;
}

/** Repeats a command that finds too many others under way. */
async function onceThereIsRoom<T>(send: () => Promise<T>): Promise<T> {
  for (;;) {
    const outcome = await outcomeOf(send);
    if ('answer' in outcome) return outcome.answer;
    const { error } = outcome;
    if (!(error instanceof ProblemError) || error.problem.code !== 'overloaded') throw error;
    await pause(REPEAT_MS * (1 + Math.random()));
  }
}

async function outcomeOf<T>(send: () => Promise<T>) {
  try {
    return { answer: await send() };
  } catch (error) {
    return { error };
  }
}

/** No answer at all (`fetch` then throws a TypeError, of another realm under Jest), or an answer that says: later. */
function isPassing(error: unknown): boolean {
  if (error instanceof ProblemError) return error.problem.retryable === true;
  return (error as { readonly name?: unknown } | null)?.name === 'TypeError';
}
