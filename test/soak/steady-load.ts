import { setTimeout as pause } from 'node:timers/promises';
import { BusClient } from '@uplift/bus';
import {
  COMMAND_SUBJECTS,
  isProblemDetails,
  ProblemError,
  splitStreamName,
} from '@uplift/contracts';
import type { StoredEvent } from '@uplift/contracts';
import { commandIdOf } from '../../apps/command-api/src/commands/command-request';
import type { ClientAnswer, ClientOperation } from '../history/run-history';
import type { FleetInstance } from '../support/fleet';
import type { RunningUplift } from '../support/running-uplift';
import type { Percentiles } from './verdict';

export interface LoadMinute {
  readonly started: number;
  readonly ended: number;
  readonly refused: number;
  readonly failed: number;
  readonly heldBack: number;
  readonly commandMs: Percentiles;
  readonly upgradeMs: Percentiles;
}

interface Answer {
  readonly upgradeId: string;
  readonly revision: number;
  readonly position: string;
}

const NOTHING = { started: 0, ended: 0, refused: 0, failed: 0, heldBack: 0 };
const ANSWER_LIMIT_MS = 15_000;
const HEALTHY = 'InstanceVerifiedHealthy';
const FAILURE = /Failed$|^InstanceFound|^UpgradeCancelled$|^UpgradeExpired$/;

/** Upgrades the instances in turn, so many in a second, whatever becomes of those before. */
export class SteadyLoad {
  readonly operations: ClientOperation[] = [];
  private readonly atRest: string[];
  /** When the upgrade under way was asked for, by instance. */
  private readonly underWay = new Map<string, number>();
  private readonly bus: BusClient;
  private readonly asked = new Set<Promise<void>>();
  private readonly reading = new AbortController();
  private counts = { ...NOTHING };
  private commandMs: number[] = [];
  private upgradeMs: number[] = [];
  private keys = 0;

  constructor(
    private readonly uplift: RunningUplift,
    fleet: readonly FleetInstance[],
  ) {
    this.bus = new BusClient(uplift.bus);
    this.atRest = fleet.map(({ instanceId }) => instanceId);
  }

  get inFlight(): number {
    return this.underWay.size;
  }

  /** Begins upgrades until the signal aborts, then waits for the answers that are due. */
  async run(perSecond: number, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    for (let n = 0; !signal.aborted; n += 1) {
      const dueAt = startedAt + (1_000 * n) / perSecond;
      await pause(Math.max(0, dueAt - performance.now()), undefined, { signal }).catch(
        () => undefined,
      );
      if (!signal.aborted) this.begin();
    }
    await Promise.all(this.asked);
  }

  /** Reads the store until `close`: it alone tells how upgrades end. */
  async follow(after: bigint | null): Promise<void> {
    const { signal } = this.reading;
    const from = after === null ? {} : { after };
    for await (const { events } of this.uplift.store.subscribeToAll({ ...from, signal })) {
      for (const event of events) this.hear(event);
    }
  }

  close(): void {
    this.reading.abort();
  }

  /** What happened since the call before. */
  minute(): LoadMinute {
    const { counts, commandMs, upgradeMs } = this;
    this.counts = { ...NOTHING };
    this.commandMs = [];
    this.upgradeMs = [];
    return {
      ...counts,
      commandMs: percentilesOf(commandMs),
      upgradeMs: percentilesOf(upgradeMs),
    };
  }

  private begin(): void {
    const instanceId = this.atRest.shift();
    if (instanceId === undefined) {
      this.counts.heldBack += 1;
      return;
    }
    const asking = this.ask(instanceId).finally(() => this.asked.delete(asking));
    this.asked.add(asking);
  }

  private async ask(instanceId: string): Promise<void> {
    this.keys += 1;
    const key = `soak-${this.keys}`;
    const send = this.keys % 2 === 0 ? this.post(instanceId, key) : this.request(instanceId, key);
    const invokedAt = performance.now();
    this.underWay.set(instanceId, invokedAt);
    this.counts.started += 1;
    const answer = await send.then(toAccepted, toRefusedOrUnknown);
    const completedAt = performance.now();
    const commandId = commandIdOf(instanceId, key);
    const what = { instanceId, key, commandId, command: 'upgrade' };
    this.operations.push({ ...what, invokedAt, completedAt, answer });
    if (answer.kind === 'accepted') return void this.commandMs.push(completedAt - invokedAt);
    this.counts.refused += 1;
    this.underWay.delete(instanceId);
    if (answer.kind === 'refused') this.atRest.push(instanceId);
  }

  private hear({ stream, type }: StoredEvent): void {
    const instanceId = splitStreamName(stream).id;
    const sentAt = this.underWay.get(instanceId);
    if (sentAt === undefined) return;
    if (FAILURE.test(type)) {
      this.counts.failed += 1;
      this.underWay.delete(instanceId);
    }
    if (type !== HEALTHY) return;
    this.counts.ended += 1;
    this.upgradeMs.push(performance.now() - sentAt);
    this.underWay.delete(instanceId);
    this.atRest.push(instanceId);
  }

  private async post(instanceId: string, key: string): Promise<Answer> {
    const response = await fetch(
      `${this.uplift.stack.apiUrl}/v1/instances/${instanceId}/upgrades`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ reason: 'newest version' }),
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      },
    );
    const content: unknown = await response.json();
    if (response.ok) return content as Answer;
    throw isProblemDetails(content) ? new ProblemError(content) : new Error('no problem document');
  }

  private request(instanceId: string, key: string): Promise<Answer> {
    const body = { instanceId, reason: 'newest version' };
    const options = { idempotencyKey: key, timeoutMs: ANSWER_LIMIT_MS };
    return this.bus.request(COMMAND_SUBJECTS.triggerUpgrade, body, options) as Promise<Answer>;
  }
}

function toAccepted({ upgradeId, revision, position }: Answer): ClientAnswer {
  return { kind: 'accepted', upgradeId, revision, position: BigInt(position) };
}

function toRefusedOrUnknown(error: unknown): ClientAnswer {
  if (!(error instanceof ProblemError)) return { kind: 'unknown', code: 'no-answer' };
  const { code, status, retryable } = error.problem;
  if (status >= 500) return { kind: 'unknown', code };
  return { kind: 'refused', code, isPassing: retryable === true };
}

function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? null;
  return { p50: at(0.5), p99: at(0.99) };
}
