import { isProblemDetails, ProblemError } from '@uplift/contracts';
import { NotAnsweredError } from './retries';

export interface HttpOptions {
  /** Where the command API is, for example `https://uplift.example.org`. */
  readonly url: string;
  /** An API token or a JSON Web Token; may be left out where the API is open. */
  readonly token?: string;
}

const TOO_MANY = 429;
const TIMED_OUT = 408;
const FIRST_OF_THE_SERVER = 500;

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Requests that show the token, and answers that are none. */
export class HttpDoor {
  private readonly base: string;
  private readonly ownHeaders: Readonly<Record<string, string>>;

  constructor({ url, token }: HttpOptions) {
    if (!URL.canParse(url) || !/^https?:/.test(url)) {
      throw new RangeError('url is the http:// or https:// address of the command API');
    }
    if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
      throw new RangeError('token is printable ASCII without blanks');
    }
    this.base = url.replace(/\/+$/, '');
    this.ownHeaders = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** Throws NotAnsweredError, and ProblemError for what is refused. */
  async open(path: string, { headers, ...sent }: Sent): Promise<Response> {
    const response = await this.fetch(path, {
      ...sent,
      headers: { ...headers, ...this.ownHeaders },
    });
    if (response.ok) return response;
    const content: unknown = await response.json().catch(() => undefined);
    if (isProblemDetails(content)) throw new ProblemError(content);
    const { status } = response;
    const sentence = `The command API, or what stands before it, answered ${status}`;
    const isPassing = status >= FIRST_OF_THE_SERVER || status === TOO_MANY || status === TIMED_OUT;
    throw isPassing ? new NotAnsweredError(sentence) : new Error(sentence);
  }

  private async fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.base}${path}`, init);
    } catch (cause) {
      throw new NotAnsweredError(`No answer from the command API at ${this.base}`, { cause });
    }
  }
}
