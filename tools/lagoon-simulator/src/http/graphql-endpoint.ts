import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import type { Fault } from '../faults/fault-plan';
import { FAULT_KINDS, landsOf } from '../faults/fault-plan';
import type { FaultPlan } from '../faults/fault-plan';
import type { GraphqlEngine } from '../graphql/graphql-engine';
import type { PreparedDocument } from '../graphql/prepared-document';
import type { CallOutcome, Ledger } from '../ledger/ledger';
import { delay, sendJson, sendText } from './http-messages';
import type { LateCalls } from './late-calls';
import { bodyOf, BodyTooLargeError } from './http-messages';
import { SPOILED_ANSWERS, UNAUTHENTICATED } from './spoiled-answers';
import type { Tokens } from './tokens';

export interface GraphqlEndpointParts {
  readonly engine: GraphqlEngine;
  readonly ledger: Ledger;
  readonly faults: FaultPlan;
  readonly tokens: Tokens;
  readonly lateCalls: LateCalls;
}

interface Call {
  readonly prepared: PreparedDocument;
  readonly variables: Record<string, unknown>;
}

const MAX_BODY_BYTES = 100 * 1024;

/** `POST /graphql`. */
export class GraphqlEndpoint {
  constructor(private readonly parts: GraphqlEndpointParts) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await this.callIn(request, response);
    if (call === null) return;
    if (this.turnedAway(request, response, call)) return;
    const fault = this.parts.faults.take(call.prepared.fields, call.variables);
    if (fault !== null) return this.spoil(response, call, fault);
    const result = await this.carryOut(call);
    this.record(call, outcomeOf(call, result));
    sendJson(response, call.prepared.errors.length > 0 ? 400 : 200, result);
  }

  private async callIn(request: IncomingMessage, response: ServerResponse): Promise<Call | null> {
    try {
      const body = JSON.parse(await bodyOf(request, MAX_BODY_BYTES)) as unknown;
      const { query, variables } = body as { query?: unknown; variables?: unknown };
      const prepared = this.parts.engine.prepare(typeof query === 'string' ? query : '');
      return { prepared, variables: isRecord(variables) ? variables : {} };
    } catch (error) {
      const status = error instanceof BodyTooLargeError ? 413 : 400;
      this.parts.ledger.record(null, null, 'invalid');
      sendJson(response, status, { errors: [{ message: 'request entity not acceptable' }] });
      return null;
    }
  }

  private turnedAway(request: IncomingMessage, response: ServerResponse, call: Call): boolean {
    const { faults, tokens } = this.parts;
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

  private async spoil(response: ServerResponse, call: Call, fault: Fault): Promise<void> {
    const result = landsOf(fault) ? await this.land(call, fault) : null;
    const { outcome } = FAULT_KINDS[fault.kind];
    this.record(call, outcome ?? outcomeOf(call, result));
    await delay(response, fault.delayMs);
    await SPOILED_ANSWERS[fault.kind](response, { prepared: call.prepared, fault, result });
  }

  /** Null if the call takes place later than its answer. */
  private async land(call: Call, { landMs }: Fault): Promise<ExecutionResult | null> {
    if (landMs === 0) return this.carryOut(call);
    this.parts.lateCalls.after(landMs, () => void this.carryOut(call));
    return null;
  }

  private carryOut({ prepared, variables }: Call): Promise<ExecutionResult> {
    return this.parts.engine.run(prepared, variables);
  }

  private record({ prepared, variables }: Call, outcome: CallOutcome): void {
    this.parts.ledger.record(prepared, variables, outcome);
  }
}

function outcomeOf({ prepared }: Call, result: ExecutionResult | null): CallOutcome {
  if (prepared.errors.length > 0) return 'invalid';
  return result?.errors === undefined ? 'answered' : 'errors';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
