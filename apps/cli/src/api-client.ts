import type { ANSWERS, ProblemDetails, ValueOf } from '@uplift/contracts';
import { isProblemDetails } from '@uplift/contracts';
import { Readable } from 'node:stream';
import { CommandFailure, EXIT } from './exit-code';
import { possible } from './explain';

interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  /** Sent as it is, instead of a body. */
  readonly lines?: Readable;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

interface StreamRequest extends ApiRequest {
  /** Called for every piece that comes, comments too. */
  readonly onBytes?: () => void;
}

/** What the command API answers, by the name of its schema. */
export type Answer<Name extends keyof typeof ANSWERS> = ValueOf<(typeof ANSWERS)[Name]>;

export interface ServerSentEvent {
  readonly id: string | null;
  readonly type: string;
  readonly data: string;
}

/** Speaks HTTP to the command API and turns its problem documents into exit codes. */
export class ApiClient {
  /** `token`: what this client shows, if it has one. */
  constructor(
    private readonly baseUrl: string,
    private readonly token?: string,
  ) {}

  async json<Body>(path: string, request: ApiRequest = {}): Promise<Body> {
    const response = await this.open(path, request);
    return (await response.json()) as Body;
  }

  /** What a person opens in a browser. */
  urlOf(path: string): string {
    return new URL(path, this.baseUrl).href;
  }

  /** Sends lines of JSON, and gives the answers, also lines of JSON, as they come. */
  async *exchange(path: string, lines: Readable, headers = {}): AsyncGenerator<unknown> {
    const response = await this.open(path, { method: 'POST', lines, headers });
    yield* readLines(response);
  }

  async *events(path: string, request: StreamRequest): AsyncGenerator<ServerSentEvent> {
    const headers = { accept: 'text/event-stream', ...request.headers };
    const response = await this.open(path, { ...request, headers });
    try {
      yield* readServerSentEvents(response, request.onBytes);
    } catch (error) {
      if (request.signal?.aborted) throw error;
      throw new CommandFailure(EXIT.unreachable, `The connection to ${this.baseUrl} broke`);
    }
  }

  private async open(path: string, { method = 'GET', headers, signal, ...content }: ApiRequest) {
    const { type, ...body } = bodyOf(content);
    const response = await this.fetch(path, {
      method,
      headers: {
        ...(type === undefined ? {} : { 'content-type': type }),
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...headers,
      },
      ...body,
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw await refusal(response);
    return response;
  }

  private async fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(new URL(path, this.baseUrl), init);
    } catch (error) {
      if (init.signal?.aborted) throw error;
      const message = `Cannot reach the command API at ${this.baseUrl}: start it, or set UPLIFT_API_URL`;
      throw new CommandFailure(EXIT.unreachable, message);
    }
  }
}

function bodyOf({ body, lines }: Pick<ApiRequest, 'body' | 'lines'>) {
  if (lines !== undefined) {
    const stream = Readable.toWeb(lines) as ReadableStream<Uint8Array>;
    return { type: 'application/x-ndjson', body: stream, duplex: 'half' as const };
  }
  return body === undefined ? {} : { type: 'application/json', body: JSON.stringify(body) };
}

async function refusal(response: Response): Promise<CommandFailure> {
  const document: unknown = await response.json().catch(() => null);
  if (!isProblemDetails(document)) {
    const isAway = [502, 503, 504].includes(response.status);
    const words = `The command API answered ${response.status}`;
    return new CommandFailure(isAway ? EXIT.unreachable : EXIT.failed, words);
  }
  return new CommandFailure(exitCodeFor(document), problemInWords(document), document);
}

function exitCodeFor({ status }: ProblemDetails) {
  if (status === 401 || status === 403) return EXIT.denied;
  if (status === 504) return EXIT.timedOut;
  if (status === 503) return EXIT.unreachable;
  return status >= 500 ? EXIT.failed : EXIT.refused;
}

/** What a person at the command line does about it. */
const NEXT_STEP: Readonly<Record<string, string>> = {
  'credentials-missing': 'Store one with `uplift login`, or set UPLIFT_TOKEN.',
  'credentials-refused': 'Store another one with `uplift login`, or set UPLIFT_TOKEN.',
  'scope-missing': '`uplift whoami` says what the token may do.',
  'token-limited': '`uplift whoami` says which labels it is limited to.',
};

/** What was refused, where, and what is possible instead. */
export function problemInWords({
  code,
  detail,
  errors = [],
  waitingFor,
  allowedCommands,
}: ProblemDetails) {
  const fields = errors.map((error) => `${error.pointer}: ${error.detail}`).join('; ');
  const waiting = waitingFor && `Waiting: ${waitingFor.sentence}.`;
  const steps = allowedCommands && `Possible now: ${possible(allowedCommands)}.`;
  const next = NEXT_STEP[code];
  return [`${detail} [${code}]`, fields, waiting, steps, next].filter(Boolean).join(' ');
}

/** Parses a body that is lines of JSON. */
async function* readLines(response: Response): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const chunk of response.body ?? []) {
    const lines = (pending + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    pending = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown);
  }
  if (pending !== '') yield JSON.parse(pending) as unknown;
}

/** Parses a `text/event-stream` body; comments are skipped. */
export async function* readServerSentEvents(
  response: Response,
  onBytes: () => void = () => undefined,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const chunk of response.body ?? []) {
    onBytes();
    pending += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = pending.split(/\r?\n\r?\n/);
    pending = blocks.pop() ?? '';
    yield* blocks.map(parseBlock).filter((event) => event !== null);
  }
}

function parseBlock(block: string): ServerSentEvent | null {
  const lines = block.split(/\r?\n/).map((line) => /^([a-z]+): ?(.*)$/.exec(line));
  const valuesOf = (name: string) =>
    lines.flatMap((line) => (line?.[1] === name ? [line[2] ?? ''] : []));
  const data = valuesOf('data');
  if (data.length === 0) return null;
  const [id = null] = valuesOf('id');
  const [type = 'message'] = valuesOf('event');
  return { id, type, data: data.join('\n') };
}
