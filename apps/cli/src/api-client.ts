import type { ProblemDetails } from '@uplift/contracts';
import { isProblemDetails } from '@uplift/contracts';
import { CommandFailure, EXIT } from './exit-code';

export interface ApiRequest {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Speaks HTTP to the command API and turns its problem documents into exit codes. */
export class ApiClient {
  constructor(private readonly baseUrl: string) {}

  async json<Answer>(path: string, request: ApiRequest = {}): Promise<Answer> {
    const response = await this.open(path, request);
    return (await response.json()) as Answer;
  }

  /** The response itself, for streams; refused answers throw as in `json`. */
  async open(path: string, { method = 'GET', body, headers, signal }: ApiRequest) {
    const response = await this.fetch(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
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

async function refusal(response: Response): Promise<CommandFailure> {
  const document: unknown = await response.json().catch(() => null);
  if (!isProblemDetails(document)) {
    return new CommandFailure(EXIT.failed, `The command API answered ${response.status}`);
  }
  return new CommandFailure(exitCodeFor(document), lineOf(document), document);
}

function exitCodeFor({ status }: ProblemDetails) {
  if (status === 504) return EXIT.timedOut;
  if (status === 503) return EXIT.unreachable;
  return status >= 500 ? EXIT.failed : EXIT.refused;
}

function lineOf({ code, detail, errors = [] }: ProblemDetails): string {
  const fields = errors.map((error) => `${error.pointer}: ${error.detail}`).join('; ');
  return fields === '' ? `${detail} [${code}]` : `${detail} [${code}] ${fields}`;
}
