import { Logger } from '@nestjs/common';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { VirtualClock } from '@uplift/runtime/testing';
import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CommandLimits } from '../commands/command-limiter';
import { ANYBODY } from '@uplift/access';
import { accessOn } from '@uplift/access/testing';
import { commandServiceOn, refusedWith } from '../testing/command-requests';
import { ImportInstances } from './import-instances';
import { InstanceCommands } from './instance-commands';

const CALLER = { transport: 'http', actor: { type: 'user', id: 'somebody' }, labels: {} } as const;
const UNDER_WAY = 9;
const lineOf = (n: number) =>
  `${JSON.stringify({
    project: 'shop',
    environment: `line-${n}`,
    app: 'store-app',
    status: 'running-healthy-claimed',
    instanceId: `bbbbbbbb-0000-4000-8000-${String(n).padStart(12, '0')}`,
  })}\n`;

function world() {
  const clock = new VirtualClock();
  const { service, environments, ...rest } = commandServiceOn(new InMemoryEventStore());
  const access = accessOn();
  const commands = new InstanceCommands(service, environments, rest.limits);
  const limits = new CommandLimits({ commandsUnderWay: UNDER_WAY, commandsQueued: 0 });
  const importing = new ImportInstances(commands, clock, access.authenticator, limits);
  const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const begin = (idempotencyKey?: string) => {
    const body = new PassThrough();
    const caller = idempotencyKey === undefined ? CALLER : { ...CALLER, idempotencyKey };
    return { body, answers: importing.answer(body, caller, ANYBODY.http) };
  };
  const answerTo = (line: string, idempotencyKey?: string) => {
    const { body, answers } = begin(idempotencyKey);
    body.write(line);
    return next(answers);
  };
  return { clock, commands, importing, begin, answerTo, warned };
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

async function next(answers: Readable): Promise<Record<string, unknown>> {
  for (;;) {
    const line = answers.read() as string | null;
    if (line !== null) return JSON.parse(line) as Record<string, unknown>;
    await new Promise((resolve) => answers.once('readable', resolve));
  }
}

afterEach(() => jest.restoreAllMocks());

describe('an import', () => {
  it('of one token takes the places of others not, and leaves its own when it has ended', async () => {
    const { importing } = world();
    const begun = (id: string) => {
      const body = new PassThrough();
      const actor = { type: 'user', id } as const;
      const holder = { ...ANYBODY.http, issuer: 'urn:uplift:api-token', actor };
      return { body, answers: importing.answer(body, CALLER, holder) };
    };
    const [first] = [begun('one'), begun('one')] as const;
    const overloaded = expect.objectContaining(refusedWith('overloaded')) as Error;
    expect(() => begun('one')).toThrow(overloaded);
    for (const id of ['two', 'two', 'three', 'three', 'four', 'four']) begun(id);
    expect(() => begun('five')).toThrow(overloaded);

    first.body.end();
    first.answers.resume();
    await new Promise((resolve) => first.answers.once('close', resolve));
    expect(() => begun('one')).not.toThrow();
    expect(() => begun('five')).toThrow(overloaded);
  });

  it('answers each line as it is done, while the next is still to come', async () => {
    const { begin } = world();
    const { body, answers } = begin();

    for (const n of [1, 2]) {
      body.write(lineOf(n));
      expect(await next(answers)).toMatchObject({ line: n, status: 202 });
    }
  });

  it('may take as long as it moves', async () => {
    const { clock, begin } = world();
    const { body, answers } = begin();

    for (let n = 1; n <= 5; n += 1) {
      await clock.advance(50_000);
      body.write(lineOf(n));
      expect(await next(answers)).toMatchObject({ line: n, status: 202 });
    }
  });

  it('that stands still is cut, and says what was done', async () => {
    const { clock, begin, warned } = world();
    const { body, answers } = begin();
    for (const [line, status] of [
      [lineOf(1), 202],
      [lineOf(1), 200],
      ['no json\n', 400],
    ] as const) {
      body.write(line);
      expect(await next(answers)).toMatchObject({ status });
    }

    await clock.advance(60_000);

    const cut = { reason: 'idle', lines: 3, accepted: 1, known: 1, refused: 1 };
    expect(await next(answers)).toEqual({ cut: expect.objectContaining(cut) as object });
    answers.resume();
    await new Promise((resolve) => answers.once('close', resolve));
    expect(warned).toHaveBeenCalledWith('import cut', expect.objectContaining(cut));
  });

  it('answers the lines in hand when the service stops, and says how far it came', async () => {
    const { importing, begin } = world();
    const { body, answers } = begin();
    body.write(lineOf(1));
    expect(await next(answers)).toMatchObject({ line: 1 });

    const stopped = importing.beforeApplicationShutdown();

    const cut = { reason: 'service-stopping', lines: 1, accepted: 1 };
    expect(await next(answers)).toMatchObject({ cut });
    answers.resume();
    await stopped;
  });

  it('whose client goes is told of in the log', async () => {
    const { begin, warned } = world();
    const { body, answers } = begin();
    body.write(lineOf(1));
    await next(answers);

    body.destroy(new Error('aborted'));
    answers.destroy();
    await new Promise((resolve) => answers.once('close', resolve));

    const cut = { reason: 'client-gone', lines: 1 };
    expect(warned).toHaveBeenCalledWith('import cut', expect.objectContaining(cut));
  });

  it('keeps no bytes of the lines that are answered', async () => {
    const { importing } = world();
    const chunks: WeakRef<Buffer>[] = [];
    const bytes = async function* () {
      for (let n = 1; n <= 100; n += 1) {
        const chunk = Buffer.from('no json\n');
        chunks.push(new WeakRef(chunk));
        yield await Promise.resolve(chunk);
      }
      await new Promise(() => undefined);
    };
    const answers = importing.answer(bytes(), CALLER, ANYBODY.http);
    for (let n = 1; n <= 100; n += 1) await next(answers);

    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();

    expect(chunks.filter((chunk) => chunk.deref() !== undefined).length).toBeLessThan(10);
  });

  it('whose client takes no answers is given up', async () => {
    const { clock, begin, warned } = world();
    const { body, answers } = begin();
    body.write(lineOf(1).repeat(100));
    await new Promise((resolve) => answers.once('readable', resolve));

    await clock.advance(60_000);
    await clock.advance(20_000);

    expect(answers.destroyed).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(warned).toHaveBeenCalledWith('import cut', expect.objectContaining({ reason: 'idle' }));
  });

  it('leaves half of the turns to other commands, however many imports there are', async () => {
    const { begin, commands } = world();
    const waiting: (() => void)[] = [];
    const register = commands.register.bind(commands);
    jest.spyOn(commands, 'register').mockImplementation(async (...asked) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return register(...asked);
    });
    const imports = [0, 1, 2].map((i) => {
      const { body, answers } = begin();
      for (let n = 1; n <= 10; n += 1) body.write(lineOf(10 * i + n));
      answers.on('readable', () => undefined);
      return answers;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(waiting).toHaveLength(UNDER_WAY >> 1);

    for (let n = 0; n < 30; n += 1) {
      while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
      waiting.shift()?.();
    }
    for (const answers of imports) {
      for (let line = 1; line <= 10; line += 1) {
        expect(await next(answers)).toMatchObject({ line, status: 202 });
      }
    }
  });

  it('with a key that was used for a line already answers it as then', async () => {
    const { answerTo } = world();
    const first = await answerTo(lineOf(1), 'monday');

    expect(first).toMatchObject({ status: 202, result: { revision: 0 } });
    expect(await answerTo(lineOf(1), 'monday')).toEqual({ ...first, status: 200 });
  });

  it('takes a line under another key as another request', async () => {
    const { answerTo } = world();
    await answerTo(lineOf(1), 'monday');

    const tuesday = await answerTo(lineOf(1), 'tuesday');

    expect(tuesday).toMatchObject({ status: 200, result: { revision: 1 } });
    expect(await answerTo(lineOf(1), 'tuesday')).toEqual(tuesday);
    expect(await answerTo(lineOf(1))).toMatchObject({ status: 200, result: { revision: 2 } });
  });

  it('refuses another line for an instance under the same key', async () => {
    const { answerTo } = world();
    await answerTo(lineOf(1), 'monday');

    const changed = lineOf(1).replace('store-app', 'another');

    const answer = await answerTo(changed, 'monday');
    expect(answer).toMatchObject({ status: 422, problem: { code: 'idempotency-key-reused' } });
    const keyless = await answerTo(changed);
    expect(keyless).toMatchObject({ problem: { code: 'instance-already-registered' } });
  });

  it('takes new lines under a key that was used for others', async () => {
    const { answerTo } = world();
    await answerTo(lineOf(1), 'monday');

    expect(await answerTo(lineOf(2), 'monday')).toMatchObject({ status: 202 });
  });

  it('is refused while too many others are under way', () => {
    const { begin } = world();
    for (let n = 0; n < 8; n += 1) begin();

    expect(begin).toThrow('Too many commands are under way');
  });
});
