import { systemClock, systemRandomness } from '@uplift/runtime';
import { Command } from 'commander';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { ApiClient } from '../api-client';
import { CliContext } from '../cli-context';
import { EXIT } from '../exit-code';
import { Printer } from '../printer';
import { upgradeCommand } from './upgrade.command';

const ANSWER = {
  instanceId: 'i-1',
  upgradeId: 'u-1',
  status: 'upgrade-running',
  revision: 5,
  position: '9',
};
const REASON = ['--reason', 'r', '--key', 'k'];

interface Asked {
  readonly path: string | undefined;
  readonly key: unknown;
  readonly body: unknown;
}

class ContextOf extends CliContext {
  readonly printed: string[] = [];

  constructor(private readonly url: string) {
    super(new Command(), systemClock, systemRandomness);
  }

  override get api() {
    return new ApiClient(this.url);
  }

  override get printer() {
    return new Printer(
      'jsonl',
      (text) => this.printed.push(text),
      (text) => this.printed.push(text),
    );
  }
}

describe('uplift upgrade', () => {
  let server: Server;
  let context: ContextOf;
  let asked: Asked[];
  let answer: { readonly status: number; readonly body: unknown };

  beforeAll(async () => {
    server = createServer((request, response) => {
      void json(request).then((body) => {
        asked.push({ path: request.url, key: request.headers['idempotency-key'], body });
        response.writeHead(answer.status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  });

  beforeEach(() => {
    asked = [];
    answer = { status: 202, body: ANSWER };
    context = new ContextOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });

  afterAll(() => new Promise((closed) => server.close(closed)));

  const run = (...args: string[]) => {
    const command = upgradeCommand(context);
    for (const each of [command, ...command.commands]) {
      each.exitOverride().configureOutput({ writeErr: () => undefined });
    }
    return command.parseAsync(args, { from: 'user' });
  };

  it.each<[string, string[], object]>([
    ['nothing but a reason: the plan of the instance', [], {}],
    ['a strategy', ['--strategy', 'redeploy-latest'], { strategy: 'redeploy-latest' }],
    [
      'a ref',
      ['--strategy', 'branch-ref', '--ref', 'v2'],
      { strategy: 'branch-ref', target: { ref: 'v2' } },
    ],
    [
      'a source environment',
      ['--strategy', 'promote', '--source-environment', 'staging'],
      { strategy: 'promote', target: { sourceEnvironment: 'staging' } },
    ],
    [
      'variables, with and without a scope',
      [
        '--variable',
        'A=1',
        '--variable',
        'B=x=y:z:BUILD',
        '--variable',
        'C=',
        '--variable',
        'D=a:b',
      ],
      {
        target: {
          variables: [
            { name: 'A', value: '1' },
            { name: 'B', value: 'x=y:z', scope: 'BUILD' },
            { name: 'C', value: '' },
            { name: 'D', value: 'a:b' },
          ],
        },
      },
    ],
    [
      'a script',
      ['--strategy', 'script', '--script', 'cli:drush updb && echo a:b'],
      {
        strategy: 'script',
        target: { script: { service: 'cli', command: 'drush updb && echo a:b' } },
      },
    ],
    [
      'a registered task',
      ['--registered-task', 'Clear caches'],
      { target: { script: { registeredTask: 'Clear caches' } } },
    ],
    ['a wave', ['--wave', 'w-1'], { waveId: 'w-1' }],
  ])('trigger sends %s', async (_what, options, body) => {
    await run('trigger', 'i-1', ...REASON, ...options);

    expect(asked).toEqual([
      { path: '/v1/instances/i-1/upgrades', key: 'k', body: { reason: 'r', ...body } },
    ]);
    expect(context.printed.map((line) => JSON.parse(line) as unknown)).toEqual([
      { upgrade: 'u-1', status: 'upgrade-running', revision: 5, position: '9' },
    ]);
  });

  it('cancel names instance, upgrade and reason', async () => {
    await run('cancel', 'i-1', 'u/1', ...REASON);

    expect(asked).toEqual([
      { path: '/v1/instances/i-1/upgrades/u%2F1/cancel', key: 'k', body: { reason: 'r' } },
    ]);
    expect(context.printed).toHaveLength(1);
  });

  it.each([
    ['trigger without a reason', ['trigger', 'i-1']],
    ['two targets', ['trigger', 'i-1', ...REASON, '--ref', 'v1', '--script', 'cli:x']],
    ['a variable without "="', ['trigger', 'i-1', ...REASON, '--variable', 'A']],
    ['a variable without a name', ['trigger', 'i-1', ...REASON, '--variable', '=1']],
    ['a script without a command', ['trigger', 'i-1', ...REASON, '--script', 'cli:']],
    ['cancel without a reason', ['cancel', 'i-1', 'u-1']],
    ['cancel without an upgrade', ['cancel', 'i-1', ...REASON]],
  ])('asks nothing when it is used wrongly: %s', async (_what, args) => {
    await expect(run(...args)).rejects.toMatchObject({ exitCode: 1 });
    expect(asked).toEqual([]);
  });

  it('says in one line why a cancel is refused', async () => {
    const body = {
      type: '/problems#x',
      title: 'No',
      detail: 'Let it end',
      code: 'cancel-too-late',
    };
    answer = { status: 409, body: { ...body, status: 409 } };

    await expect(run('cancel', 'i-1', 'u-1', ...REASON)).rejects.toMatchObject({
      exitCode: EXIT.refused,
      message: 'Let it end [cancel-too-late]',
    });
  });
});
