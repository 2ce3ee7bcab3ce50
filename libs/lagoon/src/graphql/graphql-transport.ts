import type { Clock } from '@uplift/runtime';
import { Agent, buildConnector, Client } from 'undici';
import type { Dispatcher } from 'undici';
import type { CallDeadline } from '@uplift/outbound';
import { CallEndedError, failureText, withDeadline } from '@uplift/outbound';
import { quietConnector } from '@uplift/outbound';
import type { LagoonTokenSource } from '../token/token-source';

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** No whole answer came. `sent` false: surely nothing reached Lagoon. */
export class NoAnswerError extends Error {
  constructor(
    readonly sent: boolean,
    detail: string,
  ) {
    super(detail);
  }
}

export interface GraphqlEndpoint {
  readonly url: string;
  readonly token: LagoonTokenSource;
  /** End of one call, token included, in milliseconds. */
  readonly timeoutMs?: number;
}

export interface GraphqlCall {
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal | undefined;
}

/** End of one call unless the endpoint says otherwise. */
export const CALL_TIMEOUT_MS = 20_000;

const UNAUTHENTICATED = 401;
const MAX_ANSWER_BYTES = 5 * 1024 * 1024;
const LOOPBACK_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);
const connect = buildConnector({ timeout: CALL_TIMEOUT_MS });
const connectOnce = quietConnector({ timeout: CALL_TIMEOUT_MS });
const CONNECTION = {
  maxResponseSize: MAX_ANSWER_BYTES,
  headersTimeout: CALL_TIMEOUT_MS,
  bodyTimeout: CALL_TIMEOUT_MS,
};

type Dispatch = (request: Dispatcher.RequestOptions, deadline: CallDeadline) => Promise<HttpAnswer>;

/**
 * Sends a GraphQL document and hands back whatever answer came. Tells the token's source when Lagoon did
 * not accept it; only a read is then repeated, once, with another token and before the same end.
 */
export class GraphqlTransport {
  private readonly url: URL;
  private readonly warm = new Agent({ ...CONNECTION, connect, connections: 16 });

  constructor(
    private readonly endpoint: GraphqlEndpoint,
    private readonly clock: Clock,
  ) {
    this.url = checkedUrl(endpoint.url);
  }

  /** On a connection that may be kept alive: for reads. */
  read(call: GraphqlCall): Promise<HttpAnswer> {
    const dispatch: Dispatch = async (request) => {
      try {
        return await answerOf(this.warm.request({ ...request, origin: this.url.origin }));
      } catch (error) {
        throw new NoAnswerError(true, failureText(error, 'connection failed'));
      }
    };
    return this.before(call.signal, async (deadline) => {
      const token = await this.tokenWithin(deadline);
      const answer = await this.send(call, { token, deadline }, dispatch);
      if (answer.status !== UNAUTHENTICATED) return answer;
      const renewed = await this.tokenWithin(deadline);
      if (renewed === token) return answer;
      return this.send(call, { token: renewed, deadline }, dispatch);
    });
  }

  /**
   * On a connection of its own: a process that was frozen and wakes after its deadline must not find
   * a warm socket through which the request still gets out.
   */
  mutate(call: GraphqlCall): Promise<HttpAnswer> {
    const dispatch: Dispatch = async (request, deadline) => {
      const options = { ...CONNECTION, connect: connectOnce };
      const { client, opened } = freshConnection(this.url.origin, options, deadline);
      try {
        return await answerOf(client.request(request));
      } catch (error) {
        throw new NoAnswerError(opened(), failureText(error, 'connection failed'));
      } finally {
        await client.destroy();
      }
    };
    return this.before(call.signal, async (deadline) => {
      const token = await this.tokenWithin(deadline);
      return this.send(call, { token, deadline }, dispatch);
    });
  }

  async close(): Promise<void> {
    await this.warm.destroy();
  }

  private before(
    signal: AbortSignal | undefined,
    work: (deadline: CallDeadline) => Promise<HttpAnswer>,
  ): Promise<HttpAnswer> {
    const { timeoutMs = CALL_TIMEOUT_MS } = this.endpoint;
    return withDeadline({ clock: this.clock, timeoutMs }, signal, work);
  }

  private async send(
    call: GraphqlCall,
    { token, deadline }: { readonly token: string; readonly deadline: CallDeadline },
    dispatch: Dispatch,
  ): Promise<HttpAnswer> {
    if (deadline.over) throw new NoAnswerError(false, 'the time was over before the call was sent');
    const answer = await dispatch(this.requestOf(call, token, deadline), deadline);
    if (answer.status === UNAUTHENTICATED) this.endpoint.token.rejected(token);
    return answer;
  }

  private requestOf(call: GraphqlCall, token: string, deadline: CallDeadline) {
    return {
      path: this.url.pathname,
      method: 'POST' as const,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: call.document, variables: call.variables }),
      signal: deadline.signal,
    };
  }

  private async tokenWithin(deadline: CallDeadline): Promise<string> {
    try {
      return await deadline.guard(this.endpoint.token.token());
    } catch (error) {
      const why = error instanceof CallEndedError ? error.message : 'its source failed';
      throw new NoAnswerError(false, `no token: ${why}`);
    }
  }
}

async function answerOf(response: Promise<Dispatcher.ResponseData>): Promise<HttpAnswer> {
  const { statusCode, body } = await response;
  return { status: statusCode, text: await body.text() };
}

function checkedUrl(text: string): URL {
  const url = new URL(text);
  const plainLoopback = url.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname);
  if (url.protocol !== 'https:' && !plainLoopback) {
    throw new TypeError('Lagoon is spoken to over https (http only on loopback)');
  }
  return url;
}

/** One client for one call, which knows whether a connection was ever handed to it. */
interface FreshConnection {
  readonly client: Client;
  /** False: surely nothing of the call has left this process. */
  readonly opened: () => boolean;
}

/**
 * Nothing is kept alive. The time is checked once more at the moment the connection is there: a process
 * that was frozen while connecting learns of the connection before its timers run.
 */
function freshConnection(
  origin: string,
  options: Client.Options & { readonly connect: buildConnector.connector },
  deadline: CallDeadline,
): FreshConnection {
  let opened = false;
  const connect: buildConnector.connector = (target, callback) =>
    options.connect(target, (...result: Parameters<buildConnector.Callback>) => {
      if (result[0] !== null) return callback(...result);
      const socket = result[1];
      if (deadline.over) {
        socket.destroy();
        return callback(
          new CallEndedError('the time was over before the connection was there'),
          null,
        );
      }
      opened = true;
      callback(null, socket);
    });
  const client = new Client(origin, { ...options, connect, pipelining: 0 });
  return { client, opened: () => opened };
}
