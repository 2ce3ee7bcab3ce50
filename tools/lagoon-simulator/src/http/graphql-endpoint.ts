import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultPlan } from '@uplift/lagoon/testing';
import type { CancelTimer, Clock } from '@uplift/runtime';
import type { ExecutionResult } from 'graphql';
import type { GraphqlEngine, PreparedDocument } from '../graphql/graphql-engine';
import type { CallOutcome, Ledger } from '../ledger';
import type { HttpFault } from './faults';
import { FAULT_KINDS, UNAUTHENTICATED } from './faults';
import { bodyOf, BodyTooLargeError, sendJson, sendText } from './http-messages';
import type { Tokens } from './tokens';

interface EndpointOptions {
  readonly engine: GraphqlEngine;
  readonly ledger: Ledger;
  readonly faults: FaultPlan<HttpFault>;
  readonly tokens: Tokens;
  readonly clock: Clock;
}

interface Call {
  readonly prepared: PreparedDocument;
  readonly variables: Record<string, unknown>;
}

const MAX_BODY_BYTES = 100 * 1024;

/** `POST /graphql`. */
export class GraphqlEndpoint {
  /** Calls whose caller has gone, and that take place all the same, later. */
  private readonly late = new Set<CancelTimer>();

  constructor(private readonly options: EndpointOptions) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await this.callIn(request, response);
    if (call === null) return;
    if (this.turnedAway(request, response, call)) return;
    const fault = this.options.faults.take(call.prepared.fields, call.variables);
    if (fault !== null) return this.answerFaulty(response, call, fault);
    const result = await this.carryOut(call);
    this.record(call, outcomeOf(call, result));
    sendJson(response, call.prepared.errors.length > 0 ? 400 : 200, result);
  }

  /** The calls that are still to take place never do. */
  stop(): void {
    for (const cancel of this.late) cancel();
  }

  private async callIn(request: IncomingMessage, response: ServerResponse): Promise<Call | null> {
    try {
      const body = JSON.parse(await bodyOf(request, MAX_BODY_BYTES)) as unknown;
      const { query, variables } = body as { query?: unknown; variables?: unknown };
      const prepared = this.options.engine.prepare(typeof query === 'string' ? query : '');
      return { prepared, variables: isRecord(variables) ? variables : {} };
    } catch (error) {
      const status = error instanceof BodyTooLargeError ? 413 : 400;
      this.options.ledger.record(null, null, 'invalid');
      sendJson(response, status, { errors: [{ message: 'request entity not acceptable' }] });
      return null;
    }
  }

  private turnedAway(request: IncomingMessage, response: ServerResponse, call: Call): boolean {
    const { faults, tokens } = this.options;
    if (faults.outage) {
      this.record(call, 'outage');
      sendText(response, 503, 'Service Unavailable');
      return true;
    }
    if (tokens.accepts(request.headers.authorization)) return false;
    this.record(call, 'unauthenticated');
    sendJson(response, 401, UNAUTHENTICATED);
    return true;
  }

  private async answerFaulty(
    response: ServerResponse,
    call: Call,
    fault: HttpFault,
  ): Promise<void> {
    const result = fault.lands ? await this.land(call, fault) : null;
    const { outcome, answer } = FAULT_KINDS[fault.kind];
    this.record(call, outcome ?? outcomeOf(call, result));
    if (fault.delayMs > 0) await this.options.clock.idle(fault.delayMs, goneSignal(response));
    await answer(response, { prepared: call.prepared, fault, result });
  }

  /** Null if the call takes place later than its answer. */
  private async land(call: Call, { landMs }: HttpFault): Promise<ExecutionResult | null> {
    if (landMs === 0) return this.carryOut(call);
    const cancel = this.options.clock.after(landMs, () => {
      this.late.delete(cancel);
      void this.carryOut(call);
    });
    this.late.add(cancel);
    return null;
  }

  private carryOut({ prepared, variables }: Call): Promise<ExecutionResult> {
    return this.options.engine.run(prepared, variables);
  }

  private record({ prepared, variables }: Call, outcome: CallOutcome): void {
    this.options.ledger.record(prepared, variables, outcome);
  }
}

/** Aborts when the client goes away. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

function outcomeOf({ prepared }: Call, result: ExecutionResult | null): CallOutcome {
  if (prepared.errors.length > 0) return 'invalid';
  return result?.errors === undefined ? 'answered' : 'errors';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
