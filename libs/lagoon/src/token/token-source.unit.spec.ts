import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@uplift/runtime';
import {
  FileTokenSource,
  LagoonTokenError,
  LoggingTokenSource,
  StaticTokenSource,
  tokenIn,
} from './token-source';
import { tokenCommandIn, tokenFromCommand, tokenSourceOf } from './token-origin';

const CANARY = 'canary-4711';
const node = (script: string): [string, ...string[]] => [process.execPath, '-e', script];

async function failureOf(work: Promise<unknown>): Promise<Error> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome;
  throw new TypeError('it did not fail');
}

describe('a token', () => {
  it('stands bare, with a line end, or in a grant', () => {
    expect(tokenIn('a.b-c_d.e\n')).toBe('a.b-c_d.e');
    expect(tokenIn('{"access_token":"a.b.c","expires_in":300,"token_type":"bearer"}')).toBe(
      'a.b.c',
    );
  });

  it.each(['', ' \n', '{}', '{"access_token":7}', '{broken', 'two words', 'line\nline', '<html>'])(
    'is not found in %j',
    (text) => expect(() => tokenIn(text)).toThrow(LagoonTokenError),
  );
});

describe('a fixed token', () => {
  it('stays whatever Lagoon says of it', async () => {
    const source = new StaticTokenSource('fixed');
    source.rejected();
    expect(await source.token()).toBe('fixed');
  });
});

describe('a token in a file', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'uplift-token-'));
    path = join(folder, 'token');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('is the new one as soon as the file has it', async () => {
    const source = new FileTokenSource(path);
    writeFileSync(path, 'first\n');
    expect(await source.token()).toBe('first');
    writeFileSync(path, 'second\n');
    expect(await source.token()).toBe('second');
  });

  it('serves on while the file is being written', async () => {
    const source = new FileTokenSource(path);
    writeFileSync(path, 'first');
    await source.token();
    writeFileSync(path, '');
    expect(await source.token()).toBe('first');
    source.rejected('first');
    await expect(source.token()).rejects.toThrow('No token for Lagoon: nothing was given');
  });

  it('cannot be had from a file that is missing, too large or something else', async () => {
    const source = new FileTokenSource(path);
    await expect(source.token()).rejects.toThrow('the file cannot be read: ENOENT');
    writeFileSync(path, 'a'.repeat(16 * 1024 + 1));
    await expect(source.token()).rejects.toThrow('the file is too large');
    writeFileSync(path, `${CANARY} and more`);
    expect((await failureOf(source.token())).message).not.toContain(CANARY);
  });
});

describe('a token from a command', () => {
  it('is what the program prints, arguments taken as they are', async () => {
    const program = node('console.log(process.argv[1])');
    expect(await tokenFromCommand([...program, 'a.b.c'])).toBe('a.b.c');
    await expect(tokenFromCommand([...program, '$(echo x)'])).rejects.toThrow('not a token');
  });

  it.each([
    [
      'fails',
      `console.error('${CANARY}'); console.log('${CANARY}'); process.exit(7)`,
      'with code 7',
    ],
    ['is killed', `process.kill(process.pid, 'SIGTERM')`, 'with SIGTERM'],
    ['prints too much', `console.log('${CANARY}'.repeat(2000))`, 'printed too much'],
    ['prints no token', `console.log('${CANARY} is the token')`, 'not a token'],
    ['prints nothing', '', 'nothing was given'],
  ])(
    'cannot be had from one that %s, and nothing of its words is told',
    async (_what, script, told) => {
      const error = await failureOf(tokenFromCommand(node(script)));
      expect(error).toBeInstanceOf(LagoonTokenError);
      expect(error.message).toContain(told);
      expect(JSON.stringify([error.message, error.stack, { ...error }, error.cause])).not.toContain(
        CANARY,
      );
    },
  );

  it('cannot be had from one that hangs or does not exist', async () => {
    const hanging = tokenFromCommand(node('setInterval(() => undefined, 1000)'), 100);
    await expect(hanging).rejects.toThrow('took too long');
    await expect(tokenFromCommand(['/does/not/exist'])).rejects.toThrow('cannot be run: ENOENT');
  });

  it('is not waited for by a program that reads its input', async () => {
    const script = `process.stdin.on('end', () => console.log('a.b.c')).resume()`;
    expect(await tokenFromCommand(node(script))).toBe('a.b.c');
  });
});

describe('where a token comes from', () => {
  it('is a fixed text, a file or a command', async () => {
    expect(await tokenSourceOf({ kind: 'fixed', token: 'a' }, systemClock).token()).toBe('a');
    expect(tokenSourceOf({ kind: 'file', path: '/run/token' }, systemClock)).toBeInstanceOf(
      FileTokenSource,
    );
    const command = tokenSourceOf(
      { kind: 'command', command: node('console.log("a.b.c")') },
      systemClock,
    );
    expect(await command.token()).toBe('a.b.c');
  });

  it.each([
    [
      '["ssh", "-p", "32222", "lagoon@host", "token"]',
      ['ssh', '-p', '32222', 'lagoon@host', 'token'],
    ],
    ['["token"]', ['token']],
    ['[]', null],
    ['[""]', null],
    ['["ssh", 22]', null],
    ['"ssh host token"', null],
    ['ssh host token', null],
  ])('as a command, %s is %j', (text, command) => expect(tokenCommandIn(text)).toEqual(command));
});

describe('a source that has no token', () => {
  let failure: Error | null;
  let logged: string[];
  let rejected: string[];
  let source: LoggingTokenSource;

  beforeEach(() => {
    failure = null;
    logged = [];
    rejected = [];
    const inner = {
      token: () => (failure === null ? Promise.resolve('t') : Promise.reject(failure)),
      rejected: (token: string) => void rejected.push(token),
    };
    source = new LoggingTokenSource(inner, (reason) => logged.push(reason));
  });

  it('says why, once as long as the reason stays', async () => {
    for (const reason of ['too slow', 'too slow', 'too large']) {
      failure = new LagoonTokenError(reason);
      await expect(source.token()).rejects.toBe(failure);
    }
    expect(logged).toEqual(['No token for Lagoon: too slow', 'No token for Lagoon: too large']);
  });

  it('says it again when there was a token in between', async () => {
    failure = new LagoonTokenError('too slow');
    await expect(source.token()).rejects.toThrow();
    failure = null;
    expect(await source.token()).toBe('t');
    failure = new LagoonTokenError('too slow');
    await expect(source.token()).rejects.toThrow();
    expect(logged).toHaveLength(2);
  });

  it('hears what Lagoon did not accept', () => {
    source.rejected('t');
    expect(rejected).toEqual(['t']);
  });
});
