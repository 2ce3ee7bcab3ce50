import type { BusConnection } from '@uplift/bus';
import { ERROR_HEADERS } from '@uplift/contracts';
import { SeededRandomness } from '@uplift/runtime/testing';
import type { Logger } from '@uplift/runtime';
import { RelayLoop } from '../../../apps/relay/src/relay-loop';
import { RelayStatus } from '../../../apps/relay/src/relay-status';
import { ServicesInProcess } from '../../fuzz/services-in-process';
import { eventually } from '../../support/eventually';
import type { Given } from '../operations/given-states';
import { GivenStates } from '../operations/given-states';
import type {
  BusExpectation,
  EventExpectation,
  Expectation,
  HttpExpectation,
} from './consumer-files';
import { brokenReliances, missingIn } from './differences';

type Texts = Readonly<Record<string, string>>;

/** Command API, projector and relay over twins of their servers; plays what consumers expect of them. */
export class ExpectationPlayer {
  private played = 0;
  private readonly stopping = new AbortController();
  private readonly states: GivenStates;
  private readonly client: BusConnection;
  private readonly relaying: Promise<void>;

  private constructor(private readonly services: ServicesInProcess) {
    this.states = new GivenStates(services.store, this.url);
    this.client = services.connect('consumer');
    this.relaying = this.relay();
  }

  static async start(): Promise<ExpectationPlayer> {
    return new ExpectationPlayer(await ServicesInProcess.start());
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.relaying;
    await this.services.stop();
  }

  /** What of the expectation is not so, a sentence each; empty if it is met. */
  async brokenBy(expectation: Expectation): Promise<readonly string[]> {
    this.played += 1;
    const given = await this.states.bring(expectation.given, `consumer-${this.played}`);
    await this.settled();
    const filled = filledIn(expectation, given);
    if ('http' in filled) return this.overHttp(filled);
    return 'bus' in filled ? this.overBus(filled) : this.onBus(filled);
  }

  private get url(): string {
    return `http://127.0.0.1:${this.services.port}`;
  }

  private async overHttp({ http, answer }: HttpExpectation): Promise<readonly string[]> {
    const { method, path, headers = {}, body } = http;
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...this.key(), ...(body === undefined ? {} : JSON_BODY), ...lowerCased(headers) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const { status } = response;
    const told = `${method} ${path} answers ${status}`;
    if (status !== answer.status) return [`${told}, expected ${answer.status}: ${text}`];
    const found = Object.fromEntries(response.headers);
    const faults = [
      ...missingIn(found, lowerCased(answer.headers)).map((fault) => `header ${fault}`),
      ...brokenReliances(jsonIn(text), answer),
    ];
    return faults.map((fault) => `${told}: ${fault}`);
  }

  private async overBus({ bus, answer }: BusExpectation): Promise<readonly string[]> {
    const { subject, body, headers = {} } = bus;
    const sent = { headers: { ...this.key(), ...lowerCased(headers) } };
    const reply = await this.client.request(subject, JSON.stringify(body), {
      ...sent,
      timeoutMs: 60_000,
    });
    const text = Buffer.from(reply.payload).toString();
    const code = reply.headers[ERROR_HEADERS.code];
    const told = `${subject} is answered${code === undefined ? '' : ` with ${code}`}`;
    if (code !== (answer.code === undefined ? undefined : String(answer.code))) {
      return [`${told}, expected ${answer.code ?? 'no problem'}: ${text}`];
    }
    return brokenReliances(jsonIn(text), answer).map((fault) => `${told}: ${fault}`);
  }

  private async onBus({ event }: EventExpectation): Promise<readonly string[]> {
    const message = await this.client.firstWith(event.subject, 1);
    if (message === null) return [`no event comes on ${event.subject}`];
    const told = `the event on ${event.subject}`;
    const faults = [
      ...missingIn(message.headers, event.headers ?? {}).map((fault) => `header ${fault}`),
      ...brokenReliances(jsonIn(Buffer.from(message.payload).toString()), event),
    ];
    return faults.map((fault) => `${told}: ${fault}`);
  }

  private key() {
    return { 'idempotency-key': `consumer-${this.played}-asks` };
  }

  /** Bus and read model have what the store has. */
  private async settled(): Promise<void> {
    const last = String(await this.services.store.lastPosition());
    await eventually(async () => {
      const { ok } = await fetch(`${this.url}/v1/stats?min-position=${last}`);
      if (!ok) throw new Error(`The read model has not come to ${last}`);
    });
    await eventually(async () => {
      const message = await this.client.messageAt(await this.client.lastSequence());
      if (message?.headers['Uplift-Position'] !== last) {
        throw new Error(`The bus has not come to ${last}`);
      }
    });
  }

  private relay(): Promise<void> {
    const bus = this.services.connect('relay');
    const error = (_: object, line: string) => void this.services.errors.push(line);
    return new RelayLoop({
      ...{ bus, store: this.services.store, clock: bus.clock },
      randomness: new SeededRandomness(1),
      status: new RelayStatus(bus.clock),
      logger: { info: () => undefined, warn: () => undefined, error } as unknown as Logger,
      onBeat: () => undefined,
      onKeeperBeat: () => undefined,
    }).relay(this.stopping.signal);
  }
}

const JSON_BODY = { 'content-type': 'application/json' };

/** With the ids of what there is in place of `{instanceId}` and `{upgradeId}`. */
function filledIn(expectation: Expectation, given: Given): Expectation {
  const text = JSON.stringify(expectation);
  const filled = Object.entries(given).reduce(
    (so, [name, id]) => so.replaceAll(`{${name}}`, id as string),
    text,
  );
  return JSON.parse(filled) as Expectation;
}

function lowerCased(headers: Texts = {}): Texts {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
