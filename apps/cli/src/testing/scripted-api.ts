import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@uplift/runtime';
import { systemClock, systemRandomness } from '@uplift/runtime';
import { Command } from 'commander';
import type { IncomingMessage, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ApiClient } from '../api-client';
import { CliContext } from '../cli-context';
import { refuseEmpty } from '../options';
import type { Output } from '../printer';
import { Printer } from '../printer';

interface Asked {
  readonly path: string | undefined;
  readonly key: unknown;
  readonly body: unknown;
  readonly lastEventId?: unknown;
}

interface ScriptedAnswer {
  readonly status?: number;
  /** A text is sent as an event stream. */
  readonly body: unknown;
  /** The stream goes on, and nothing more comes. */
  readonly staysOpen?: true;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, { readonly post?: object }>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly properties?: object }>>;
  };
}

const OPEN_API = JSON.parse(
  readFileSync(join(__dirname, '../../../../contracts/openapi.json'), 'utf8'),
) as OpenApi;

/** Members of a request that the published API does not take: it would refuse them. */
function unpublished(path: string, content: unknown): readonly string[] {
  const known = Object.keys(OPEN_API.components.schemas[bodyOf(path)]?.properties ?? {});
  return Object.keys(content ?? {}).filter((member) => !known.includes(member));
}

/** Name of the schema of what is posted there. */
function bodyOf(path: string): string {
  const routes = Object.entries(OPEN_API.paths).filter(([, { post }]) => post !== undefined);
  const [, route] = routes.find(([template]) => isOfTemplate(path, template)) ?? [];
  const [, name = ''] = /schemas\/(\w+)/.exec(JSON.stringify(route?.post ?? {})) ?? [];
  return name;
}

function isOfTemplate(path: string, template: string): boolean {
  const steps = template.split('/');
  const given = path.split('/');
  return (
    steps.length === given.length &&
    steps.every((step, n) => step.startsWith('{') || step === given[n])
  );
}

/**
 * A command API that answers what a test says, and remembers what was asked. Like the real one it refuses what is not
 * in its published contract.
 */
export class ScriptedApi {
  readonly asked: Asked[] = [];
  /** By path without its query, or by path with it. */
  readonly answers = new Map<string, ScriptedAnswer>();
  /** By path without its query, one after the other; then as `answers` say. */
  readonly sequences = new Map<string, ScriptedAnswer[]>();
  private readonly server: Server;

  constructor(public otherwise: ScriptedAnswer) {
    this.server = createServer((request, response) => {
      void this.answerTo(request).then(({ status = 200, body, staysOpen }) => {
        const isStream = typeof body === 'string';
        const type = isStream ? 'text/event-stream' : 'application/json';
        response.writeHead(status, { 'content-type': type });
        if (isStream && staysOpen) response.write(body);
        else response.end(isStream ? body : JSON.stringify(body));
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((listening) => this.server.listen(0, '127.0.0.1', listening));
  }

  stop(): Promise<unknown> {
    this.server.closeAllConnections();
    return new Promise((closed) => this.server.close(closed));
  }

  forget(): void {
    this.asked.length = 0;
    this.answers.clear();
    this.sequences.clear();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private async answerTo(request: IncomingMessage): Promise<ScriptedAnswer> {
    const body = await text(request);
    const { url: path = '', headers } = request;
    const isLines = headers['content-type'] === 'application/x-ndjson';
    const content: unknown = body === '' || isLines ? body || undefined : JSON.parse(body);
    const { 'idempotency-key': key, 'last-event-id': lastEventId } = headers;
    this.asked.push({ path, key, body: content, lastEventId });
    const [withoutQuery = ''] = path.split('?');
    const unknown = isLines ? [] : unpublished(withoutQuery, content);
    if (unknown.length > 0) return { status: 400, body: { unknown } };
    return this.scriptedFor(path, withoutQuery);
  }

  private scriptedFor(path: string, withoutQuery: string): ScriptedAnswer {
    const next = this.sequences.get(withoutQuery)?.shift();
    return next ?? this.answers.get(path) ?? this.answers.get(withoutQuery) ?? this.otherwise;
  }
}

/** A command line against that API; what it prints and says is kept. */
export class ScriptedContext extends CliContext {
  readonly printed: string[] = [];
  readonly said: string[] = [];
  private readonly kept: Printer;
  private interruption?: () => void;

  constructor(
    private readonly scripted: ScriptedApi,
    output: Output = 'jsonl',
    clock: Clock = systemClock,
  ) {
    super(new Command(), clock, systemRandomness);
    const keepIn = (list: string[]) => (line: string) => void list.push(line);
    this.kept = new Printer(output, { out: keepIn(this.printed), err: keepIn(this.said) });
  }

  override get api(): ApiClient {
    return new ApiClient(this.scripted.url);
  }

  override get printer(): Printer {
    return this.kept;
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.interruption?.();
  }

  override onInterrupt(run: () => void): () => void {
    this.interruption = run;
    return () => delete this.interruption;
  }

  forget(): void {
    this.printed.length = 0;
    this.said.length = 0;
  }

  get rows(): unknown[] {
    return this.printed.map((line) => JSON.parse(line) as unknown);
  }

  /** Runs one command line; a usage error throws instead of ending the process. */
  run(noun: (context: CliContext) => Command, ...args: string[]): Promise<unknown> {
    const command = noun(this);
    refuseEmpty(command);
    for (const each of [command, ...command.commands]) {
      each.exitOverride().configureOutput({ writeErr: () => undefined });
    }
    return command.parseAsync(args, { from: 'user' });
  }
}

/** An API and a command line for all tests of a file, which know nothing of the test before. */
export function scriptedForAll(otherwise: ScriptedAnswer) {
  const api = new ScriptedApi(otherwise);
  const context = new ScriptedContext(api);
  beforeAll(() => api.start());
  beforeEach(() => {
    api.forget();
    context.forget();
  });
  afterAll(() => api.stop());
  return { api, context };
}
