import { finalRefusal, LagoonRefusedError, LagoonUnavailableError } from '../lagoon.outcomes';
import type { Clock } from '@uplift/runtime';
import { withDeadline } from '@uplift/outbound';
import type { Ambiguous, Refused } from '../lagoon.outcomes';
import { slicesOf } from '../lagoon.requests';
import type { GraphqlEnvelope } from './answer-schemas';
import type { GraphqlEndpoint } from './graphql-transport';
import { CALL_TIMEOUT_MS, GraphqlTransport, NoAnswerError } from './graphql-transport';
import { classifyMutation, classifyNoAnswer } from './mutation-answer';
import type { MutationDocument } from './mutations';
import type { BatchDocument, ReadDocument } from './queries';
import { batchAnswers, checked, envelopeOf, fieldOf, slotVariables } from './read-answer';

type Variables = Readonly<Record<string, unknown>>;
type Signal = AbortSignal | undefined;

/** How a document becomes a call, and its answer a value of the port. */
export class GraphqlClient {
  private readonly transport: GraphqlTransport;
  readonly timeoutMs: number;

  constructor(
    endpoint: GraphqlEndpoint,
    readonly clock: Clock,
  ) {
    this.transport = new GraphqlTransport(endpoint, clock);
    this.timeoutMs = endpoint.timeoutMs ?? CALL_TIMEOUT_MS;
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  async read<T>(document: ReadDocument<T>, variables: Variables, signal: Signal): Promise<T> {
    const envelope = await this.envelope(document.text, variables, signal);
    return checked(fieldOf(envelope, document.field), document.fits);
  }

  /** Null where Lagoon says, in either of its two ways, that it is not there. */
  async readIfFound<T>(
    document: ReadDocument<T>,
    variables: Variables,
    signal: Signal,
  ): Promise<T | null> {
    const envelope = await this.envelope(document.text, variables, signal);
    const value = nullIfNotFound(() => fieldOf(envelope, document.field));
    return value === null ? null : checked(value, document.fits);
  }

  async readEnvironment<T>(
    document: ReadDocument<T>,
    variables: Variables,
    signal: Signal,
  ): Promise<T> {
    const found = await this.readIfFound(document, variables, signal);
    if (found !== null) return found;
    throw new LagoonRefusedError(NO_ENVIRONMENT);
  }

  /** In the order of the items: null where Lagoon says that it is not there, undefined if nobody can tell. */
  readMany<I, T>(
    document: BatchDocument<I, T>,
    items: readonly I[],
    signal: Signal,
  ): Promise<(T | null | undefined)[]> {
    return this.within(signal, async (shared) => {
      const answers: (T | null | undefined)[] = [];
      for (const slice of slicesOf(items, document.size)) {
        const variables = slotVariables(slice, document.variablesOf);
        const envelope = await this.envelope(document.text(slice.length), variables, shared);
        answers.push(...batchAnswers(envelope, slice.length, document.fits));
      }
      return answers;
    });
  }

  private async envelope(
    document: string,
    variables: Variables,
    signal: Signal,
  ): Promise<GraphqlEnvelope> {
    try {
      return envelopeOf(await this.transport.read({ document, variables, signal }));
    } catch (error) {
      if (error instanceof NoAnswerError) throw new LagoonUnavailableError(error.message);
      throw error;
    }
  }

  async mutate<A>(
    document: MutationDocument<A>,
    variables: Variables,
    signal: AbortSignal,
  ): Promise<A | Refused | Ambiguous> {
    try {
      const call = { document: document.text, variables, signal };
      return classifyMutation(await this.transport.mutate(call), document);
    } catch (error) {
      if (error instanceof NoAnswerError) return classifyNoAnswer(error);
      return { kind: 'ambiguous', evidence: 'the call failed inside the adapter' };
    }
  }

  /** One end for several requests. */
  within<T>(signal: Signal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withDeadline(this, signal, (deadline) => work(deadline.signal));
  }
}

const NO_ENVIRONMENT = finalRefusal('not-found', 'the environment does not exist');

function nullIfNotFound<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof LagoonRefusedError && error.refusal.cause === 'not-found') return null;
    throw error;
  }
}
