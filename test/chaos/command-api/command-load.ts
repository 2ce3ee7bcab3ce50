import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { BusConnection } from '@uplift/bus';
import { COMMAND_SUBJECTS } from '@uplift/contracts';
import { PATIENCE_MS } from '../../support/eventually';

/** One answer, as its caller sees it. */
export interface LoadAnswer {
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: string | null;
  readonly ms: number;
  /** Commands that were accepted while it waited. */
  readonly acceptedMeanwhile: number;
}

const ACCEPTED = 202;
const TICK_MS = 10;
const LIMIT_MS = PATIENCE_MS;
const NO_ANSWER = { status: 0, code: undefined, retryAfter: null };

/** Callers who do not wait for each other's answers: so many commands a second, over HTTP and over the bus in turn. */
export class CommandLoad {
  private accepted = 0;

  constructor(
    private readonly apiUrl: string,
    private readonly bus: BusConnection,
  ) {}

  async run(perSecond: number, seconds: number): Promise<readonly LoadAnswer[]> {
    const answers: Promise<LoadAnswer>[] = [];
    const begunAt = performance.now();
    while (answers.length < perSecond * seconds) {
      const due = Math.floor(((performance.now() - begunAt) / 1_000) * perSecond);
      while (answers.length <= due) answers.push(this.register(answers.length));
      await pause(TICK_MS);
    }
    return Promise.all(answers);
  }

  private async register(n: number): Promise<LoadAnswer> {
    const begunAt = performance.now();
    const before = this.accepted;
    const instance = { project: `load-${randomUUID()}`, environment: 'main', app: 'load' };
    const body = JSON.stringify({ ...instance, status: 'running-healthy-claimed' });
    const answer = await (n % 2 === 0 ? this.overHttp(body) : this.overBus(body)).catch(
      () => NO_ANSWER,
    );
    const acceptedMeanwhile = this.accepted - before;
    if (answer.status === ACCEPTED) this.accepted += 1;
    return { ...answer, acceptedMeanwhile, ms: performance.now() - begunAt };
  }

  private async overHttp(body: string) {
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const response = await fetch(`${this.apiUrl}/v1/instances`, { method: 'POST', headers, body });
    const { code } = (await response.json()) as { readonly code?: string };
    return { status: response.status, code, retryAfter: response.headers.get('retry-after') };
  }

  private async overBus(body: string) {
    const reply = await this.bus.request(COMMAND_SUBJECTS.registerInstance, body, {
      timeoutMs: LIMIT_MS,
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() },
    });
    const { code } = JSON.parse(Buffer.from(reply.payload).toString()) as {
      readonly code?: string;
    };
    const { headers } = reply;
    const status = Number(headers['Nats-Service-Error-Code'] ?? ACCEPTED);
    return { status, code, retryAfter: headers['Retry-After'] ?? null };
  }
}

export function accepted(answers: readonly LoadAnswer[]): readonly LoadAnswer[] {
  return answers.filter(({ status }) => status === ACCEPTED);
}

export function overloaded(answers: readonly LoadAnswer[]): readonly LoadAnswer[] {
  return answers.filter(({ status, code }) => status === 429 && code === 'overloaded');
}

/** The time, in ms, within which this share of them was given. */
export function within(share: number, answers: readonly LoadAnswer[]): number {
  const sorted = answers.map(({ ms }) => ms).sort((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
}
