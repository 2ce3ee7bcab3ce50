import { setTimeout as pause } from 'node:timers/promises';
import { BusClient } from '@uplift/bus';
import {
  COMMAND_SUBJECTS,
  isProblemDetails,
  ProblemError,
  QUERY_SUBJECTS,
} from '@uplift/contracts';
import { isHealthy, isInFlight } from '@uplift/domain';
import { commandIdOf } from '../../apps/command-api/src/commands/command-request';
import type { ClientAnswer, ClientOperation } from '../history/run-history';
import { makeFleet, registrationOf } from '../support/fleet';
import type { FleetInstance } from '../support/fleet';
import { Dice } from './fault-plan';
import type { Rig } from './rig';

export interface LoadOptions {
  readonly seed: number;
  readonly clients: number;
  /** Upgrades asked for in a second, all clients together, as long as there are instances at rest. */
  readonly perSecond: number;
}

interface Command {
  readonly instanceId: string;
  readonly key: string;
  readonly command: string;
  readonly path: string;
  readonly subject: string;
  readonly body: object;
  /** Where it says more than the body: what stands in the path of HTTP. */
  readonly onBus?: object;
}

interface CommandAnswer {
  readonly upgradeId?: string;
  readonly revision: number;
  readonly position: string;
}

/** Of one client at a time; it looks after an instance until it has been upgraded as often. */
const INSTANCES = 5;
const MOST_UPGRADES = 12;
const ANSWER_LIMIT_MS = 8_000;
const REPEAT_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

const BOTH = ['http', 'bus'] as const;
type Transport = (typeof BOTH)[number];

const ON_UPGRADE = {
  cancel: COMMAND_SUBJECTS.cancelUpgrade,
  retry: COMMAND_SUBJECTS.retryUpgrade,
  abandon: COMMAND_SUBJECTS.abandonUpgrade,
} as const;

interface Client {
  readonly dice: Dice;
  readonly kept: Kept[];
}

interface Kept {
  readonly instance: FleetInstance;
  /** What makes its environment odd in Lagoon, until it is placed. */
  traits: { readonly failBuild?: number };
  upgrades: number;
  /** Of the upgrade asked for last. */
  upgradeId: string | null;
  isRegistered: boolean;
}

/** Clients that register, upgrade, cancel, retry and ask, over HTTP and NATS, and write down what they are told. */
export class Load {
  readonly operations: ClientOperation[] = [];
  /** Queries, by whether they were answered. */
  readonly queries = { answered: 0, failed: 0 };
  private readonly instanceIds: string[] = [];
  private readonly clients: Client[] = [];
  private readonly stopping = new AbortController();
  private readonly bus: BusClient;
  private running: Promise<unknown> = Promise.resolve();
  private keys = 0;

  constructor(
    private readonly rig: Rig,
    private readonly options: LoadOptions,
  ) {
    this.bus = new BusClient(rig.bus);
  }

  get instances(): readonly string[] {
    return this.instanceIds;
  }

  /** Every client has its first instances. */
  async prepare(): Promise<void> {
    const { clients, seed } = this.options;
    for (let n = 0; n < clients; n += 1) {
      const client: Client = { dice: new Dice(1_000 * seed + n), kept: [] };
      this.clients.push(client);
      await Promise.all(Array.from({ length: INSTANCES }, () => this.renew(client)));
    }
  }

  start(): void {
    this.running = Promise.all(this.clients.map((client) => this.act(client)));
  }

  /** Begins nothing more, and waits for the answers that are due. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async act(client: Client): Promise<void> {
    const { signal } = this.stopping;
    const { clients, perSecond } = this.options;
    const meanMs = (1_000 * clients) / (2 * perSecond);
    while (!signal.aborted) {
      const ms = client.dice.between(meanMs / 2, 1.5 * meanMs);
      await pause(ms, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.takeTurn(client);
    }
  }

  private async takeTurn(client: Client): Promise<void> {
    const { dice, kept } = client;
    const mine = dice.oneOf(kept);
    const { instance, isRegistered } = mine;
    if (!isRegistered) return this.register(mine, dice);
    if (dice.chance(0.15)) return this.ask(instance, dice);
    const status = this.rig.log.statusOf(instance.instanceId) ?? 'new';
    if (isInFlight(status)) return this.interfere(mine, dice);
    if (!isHealthy(status)) return this.recover(mine, dice);
    await this.upgrade(mine, dice);
    if (mine.upgrades < MOST_UPGRADES) return;
    kept.splice(kept.indexOf(mine), 1);
    await this.renew(client);
  }

  private async interfere(mine: Kept, dice: Dice): Promise<void> {
    if (dice.chance(0.1)) await this.onUpgrade('cancel', mine, dice);
  }

  /** One instance in eight has a build that fails once. */
  private async renew({ dice, kept }: Client): Promise<void> {
    const [instance] = makeFleet(1) as [FleetInstance];
    const traits = dice.chance(0.125) ? { failBuild: 1 } : {};
    const mine: Kept = { instance, traits, upgrades: 0, upgradeId: null, isRegistered: false };
    kept.push(mine);
    await this.register(mine, dice);
  }

  private async register(mine: Kept, dice: Dice): Promise<void> {
    const { instance, traits } = mine;
    const { instanceId } = instance;
    if (!(await isDone(this.rig.lagoon.change(instance, traits)))) return;
    mine.traits = {};
    const key = `register-${instanceId}`;
    const subject = COMMAND_SUBJECTS.registerInstance;
    const body = registrationOf(instance);
    const command = { instanceId, key, command: 'register', path: '/v1/instances', subject, body };
    const answer = await this.give(command, dice);
    if (answer.kind !== 'accepted') return;
    if (!this.instanceIds.includes(instanceId)) this.instanceIds.push(instanceId);
    mine.isRegistered = true;
  }

  private async upgrade(mine: Kept, dice: Dice): Promise<void> {
    const path = `/v1/instances/${mine.instance.instanceId}/upgrades`;
    const subject = COMMAND_SUBJECTS.triggerUpgrade;
    const body = { reason: 'newest version' };
    const answer = await this.giveOn(mine, { command: 'upgrade', path, subject, body }, dice);
    if (answer.kind !== 'accepted') return;
    mine.upgrades += 1;
    mine.upgradeId = answer.upgradeId;
  }

  /** A failed upgrade is tried again, or accepted as it is. */
  private recover(mine: Kept, dice: Dice): Promise<void> {
    return this.onUpgrade(dice.chance(0.75) ? 'retry' : 'abandon', mine, dice);
  }

  private async onUpgrade(verb: keyof typeof ON_UPGRADE, mine: Kept, dice: Dice): Promise<void> {
    const { upgradeId, instance } = mine;
    if (upgradeId === null) return;
    const path = `/v1/instances/${instance.instanceId}/upgrades/${upgradeId}/${verb}`;
    const body = { reason: 'an operator steps in' };
    const onBus = { upgradeId, ...body };
    await this.giveOn(mine, { command: verb, path, subject: ON_UPGRADE[verb], body, onBus }, dice);
  }

  private async giveOn(
    mine: Kept,
    command: Omit<Command, 'instanceId' | 'key'>,
    dice: Dice,
  ): Promise<ClientAnswer> {
    const { instanceId } = mine.instance;
    this.keys += 1;
    const key = `${command.command}-${this.keys}`;
    const onBus = { instanceId, ...(command.onBus ?? command.body) };
    const answer = await this.give({ ...command, onBus, instanceId, key }, dice);
    // A store that was put back may have lost the instance: it is registered again, under its key.
    if (answer.kind === 'refused' && answer.code === 'instance-unknown') mine.isRegistered = false;
    return answer;
  }

  private async ask({ instanceId }: FleetInstance, dice: Dice): Promise<void> {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    try {
      if (dice.chance(0.5)) await this.bus.request(QUERY_SUBJECTS.instanceGet, { instanceId });
      else await answered(fetch(`${this.rig.apiUrl}/v1/instances/${instanceId}`, { signal }));
      this.queries.answered += 1;
    } catch {
      this.queries.failed += 1;
    }
  }

  /** Sends a command under one key until there is an answer for good; sometimes twice at once. */
  private async give(command: Command, dice: Dice): Promise<ClientAnswer> {
    for (let pauseMs = REPEAT_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const transports = dice.chance(0.1) ? BOTH : [dice.oneOf(BOTH)];
      const answers = await Promise.all(transports.map((each) => this.send(command, each)));
      const final = answers.find(isFinal);
      if (final) return final;
      if (this.stopping.signal.aborted) return answers[0]!;
      await pause(pauseMs);
    }
  }

  private async send(command: Command, transport: Transport): Promise<ClientAnswer> {
    const { instanceId, key } = command;
    const invokedAt = performance.now();
    const answer = await (transport === 'http' ? this.post(command) : this.request(command)).then(
      toAccepted,
      toRefusedOrUnknown,
    );
    const completedAt = performance.now();
    const commandId = commandIdOf(instanceId, key);
    const what = { instanceId, key, commandId, command: command.command };
    this.operations.push({ ...what, invokedAt, completedAt, answer });
    return answer;
  }

  private async post({ path, body, key }: Command): Promise<CommandAnswer> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    const init = { method: 'POST', headers, body: JSON.stringify(body), signal };
    const response = await fetch(`${this.rig.apiUrl}${path}`, init);
    const content: unknown = await response.json();
    if (response.ok) return content as CommandAnswer;
    throw isProblemDetails(content)
      ? new ProblemError(content)
      : new Error(`HTTP ${response.status}`);
  }

  private request({ subject, onBus, body, key }: Command): Promise<CommandAnswer> {
    const options = { idempotencyKey: key, timeoutMs: ANSWER_LIMIT_MS };
    return this.bus.request(subject, onBus ?? body, options) as Promise<CommandAnswer>;
  }
}

async function isDone(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

function isFinal(answer: ClientAnswer): boolean {
  return answer.kind === 'accepted' || (answer.kind === 'refused' && !answer.isPassing);
}

function toAccepted({ upgradeId, revision, position }: CommandAnswer): ClientAnswer {
  return { kind: 'accepted', upgradeId: upgradeId ?? null, revision, position: BigInt(position) };
}

/** Only a refusal of the command itself tells that nothing was done. */
function toRefusedOrUnknown(error: unknown): ClientAnswer {
  if (!(error instanceof ProblemError)) return { kind: 'unknown', code: 'no-answer' };
  const { code, status, retryable } = error.problem;
  if (status >= 500) return { kind: 'unknown', code };
  return { kind: 'refused', code, isPassing: retryable === true };
}

/** That something is wrong with the server is no answer. */
async function answered(request: Promise<Response>): Promise<void> {
  const { status } = await request;
  if (status >= 500) throw new Error(`HTTP ${status}`);
}
