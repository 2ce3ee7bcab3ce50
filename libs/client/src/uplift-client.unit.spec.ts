import { setImmediate as settled } from 'node:timers/promises';
import { ProblemError, refusal } from '@uplift/contracts';
import { GaveUpError, NotAnsweredError } from './retries';
import { ManualWaits } from './testing/manual-waits';
import type { SentCommand, Transport } from './uplift-client';
import { UpliftClient } from './uplift-client';

const INPUT = { instanceId: 'i1', reason: 'newest version' };
const ANSWER = { upgradeId: 'u1' };
const LOST = new NotAnsweredError('lost');
const BUSY = refusal('overloaded', 'too many');

/** Answers with these in turn; `hang`: not until it is told to stop. */
class ScriptedTransport implements Transport<undefined> {
  readonly sent: SentCommand[] = [];

  constructor(private readonly outcomes: unknown[]) {}

  command(command: SentCommand, signal: AbortSignal): Promise<unknown> {
    this.sent.push(command);
    return this.next(signal);
  }

  query(_name: string, _input: object, signal: AbortSignal): Promise<unknown> {
    return this.next(signal);
  }

  follow(): never {
    throw new Error('not followed here');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private next(signal: AbortSignal): Promise<unknown> {
    const outcome = this.outcomes.shift();
    if (outcome === 'hang') return hanging(signal);
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
  }
}

function hanging(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(LOST)));
}

function scripted(...outcomes: unknown[]) {
  const waits = new ManualWaits();
  const transport = new ScriptedTransport(outcomes);
  return { waits, transport, client: new UpliftClient(transport, waits) };
}

describe('a command', () => {
  it('is sent under the same key until it is answered, with longer and longer pauses', async () => {
    const { waits, transport, client } = scripted(LOST, BUSY, LOST, ANSWER);
    const answer = client.command('triggerUpgrade', INPUT);
    for (let n = 0; n < 3; n += 1) {
      await settled();
      waits.passShortest();
    }
    expect(await answer).toBe(ANSWER);
    expect(transport.sent.map(({ key }) => key)).toEqual(Array(4).fill('a-random-key'));
    expect(waits.passed).toEqual([200, 400, 800]);
    expect(waits.waiting).toBe(0);
  });

  it('is sent under the key of the caller', async () => {
    const { transport, client } = scripted(ANSWER);
    await client.command('triggerUpgrade', INPUT, { key: 'order-7', ifRevision: 3 });
    const sent = { name: 'triggerUpgrade', input: INPUT, key: 'order-7', ifRevision: 3 };
    expect(transport.sent).toEqual([sent]);
  });

  it.each(['', 'two words', 'ä', 'k'.repeat(256)])('is not sent under the key %j', async (key) => {
    const { transport, client } = scripted(ANSWER);
    await expect(client.command('triggerUpgrade', INPUT, { key })).rejects.toThrow(RangeError);
    expect(transport.sent).toEqual([]);
  });

  it('that is refused is not repeated', async () => {
    const { transport, client } = scripted(refusal('upgrade-in-flight', 'one at a time'), ANSWER);
    const error = await client.command('triggerUpgrade', INPUT).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ problem: { code: 'upgrade-in-flight' } });
    expect(transport.sent).toHaveLength(1);
  });

  it('is not repeated after a defect, which a repeat would meet again', async () => {
    const { transport, client } = scripted(new TypeError('defect'), ANSWER);
    await expect(client.command('triggerUpgrade', INPUT)).rejects.toThrow('defect');
    expect(transport.sent).toHaveLength(1);
  });

  it('waits for as long as the service asks for', async () => {
    const later = refusal('too-many-requests', 'later', { retryAfterSeconds: 3 });
    const { waits, client } = scripted(later, ANSWER);
    const answer = client.command('triggerUpgrade', INPUT);
    await settled();
    waits.passShortest();
    expect(await answer).toBe(ANSWER);
    expect(waits.passed).toEqual([3_200]);
  });

  it('is sent again when an attempt takes too long', async () => {
    const { waits, client } = scripted('hang', ANSWER);
    const answer = client.command('triggerUpgrade', INPUT);
    await settled();
    waits.passShortest();
    await settled();
    waits.passShortest();
    expect(await answer).toBe(ANSWER);
    expect(waits.passed).toEqual([10_000, 200]);
  });

  it('that nobody answers in time is given up, and can be sent again under its key', async () => {
    const { waits, client } = scripted('hang');
    const answer = client.command('triggerUpgrade', INPUT, { key: 'k1', giveUpAfterMs: 30_000 });
    const caught = answer.catch((thrown: unknown) => thrown);
    await settled();
    waits.passLongest();
    const error = await caught;
    expect(waits.passed).toEqual([30_000]);
    expect(error).toBeInstanceOf(GaveUpError);
    expect(error).toMatchObject({
      key: 'k1',
      cause: LOST,
      message: 'No answer within 30000 ms: send it again under the same key, k1',
    });
    expect(waits.waiting).toBe(0);
  });

  it('is waited for no longer when the caller says so', async () => {
    const { waits, client } = scripted('hang', ANSWER);
    const stop = new AbortController();
    const answer = client.command('triggerUpgrade', INPUT, { signal: stop.signal });
    const caught = answer.catch((thrown: unknown) => thrown);
    await settled();
    const reason = new Error('the request of the caller is over');
    stop.abort(reason);
    expect(await caught).toBe(reason);
    expect(waits.waiting).toBe(0);
  });
});

describe('a query', () => {
  it('is asked until it is answered', async () => {
    const { waits, client } = scripted(LOST, { instance: {} });
    const answer = client.query('instanceGet', { instanceId: 'i1' });
    await settled();
    waits.passShortest();
    expect(await answer).toEqual({ instance: {} });
  });

  it('that nobody answers is given up without a word of a key', async () => {
    const { waits, client } = scripted('hang');
    const caught = client.query('instanceStats', {}).catch((thrown: unknown) => thrown);
    await settled();
    waits.passLongest();
    expect(await caught).toMatchObject({ message: 'No answer within 60000 ms: ask again' });
  });
});
