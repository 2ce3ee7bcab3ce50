import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import type { Fault, FaultKind } from '../faults/fault';
import type { FaultPlan } from '../faults/fault-plan';
import type { GraphqlEngine } from '../graphql/graphql-engine';
import type { PreparedDocument } from '../graphql/prepared-document';
import type { CallOutcome, Ledger } from '../ledger/ledger';
import { delay, sendJson, sendText } from './answers';
import { bodyOf, BodyTooLargeError } from './request-body';

export interface GraphqlEndpointParts {
  readonly engine: GraphqlEngine;
  readonly ledger: Ledger;
  readonly faults: FaultPlan;
  /** Null accepts every bearer token. */
  readonly token: string | null;
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
    if (fault !== null && !EXECUTED.has(fault.kind)) return this.spoil(response, call, fault);
    const result = await this.execute(call);
    const outcome = (fault && OUTCOMES[fault.kind]) ?? outcomeOf(call, result);
    this.parts.ledger.record(call.prepared, call.variables, outcome);
    if (fault !== null) return this.spoilAnswer(response, result, fault);
    sendJson(response, statusOf(call), result);
  }

  private turnedAway(request: IncomingMessage, response: ServerResponse, call: Call): boolean {
    const { faults, ledger } = this.parts;
    if (faults.outage) {
      ledger.record(call.prepared, call.variables, 'outage');
      sendText(response, 503, 'Service Unavailable');
      return true;
    }
    if (this.authorized(request)) return false;
    ledger.record(call.prepared, call.variables, 'unauthenticated');
    sendJson(response, 401, UNAUTHENTICATED);
    return true;
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

  private async execute({ prepared, variables }: Call): Promise<ExecutionResult> {
    if (prepared.errors.length > 0) return { errors: prepared.errors };
    return await this.parts.engine.run(prepared, variables);
  }

  private authorized(request: IncomingMessage): boolean {
    const given = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (given === undefined) return false;
    return this.parts.token === null || this.parts.token === given;
  }

  private async spoil(response: ServerResponse, call: Call, fault: Fault): Promise<void> {
    this.parts.ledger.record(call.prepared, call.variables, OUTCOMES[fault.kind] ?? 'refused');
    await delay(response, fault.delayMs);
    if (fault.kind === 'lose-request') return void response.destroy();
    if (fault.kind === 'unauthenticated') return sendJson(response, 401, UNAUTHENTICATED);
    if (fault.kind === 'replace') return sendText(response, fault.status, fault.body, JSON_TYPE);
    const data = Object.fromEntries([...call.prepared.fields.keys()].map((field) => [field, null]));
    sendJson(response, 200, { errors: [{ message: fault.message }], data });
  }

  private async spoilAnswer(
    response: ServerResponse,
    result: ExecutionResult,
    fault: Fault,
  ): Promise<void> {
    await delay(response, fault.delayMs);
    if (fault.kind === 'lose-answer') return void response.destroy();
    if (fault.kind === 'gateway-timeout') return sendText(response, 504, 'Gateway Time-out');
    sendJson(response, 200, result);
  }
}

const JSON_TYPE = 'application/json; charset=utf-8';
const UNAUTHENTICATED = { errors: [{ message: 'Unauthorized - Bearer Token invalid' }] };
const EXECUTED: ReadonlySet<FaultKind> = new Set(['lose-answer', 'gateway-timeout', 'slow']);
const OUTCOMES: Partial<Record<FaultKind, CallOutcome>> = {
  refuse: 'refused',
  'lose-request': 'request-lost',
  'lose-answer': 'answer-lost',
  'gateway-timeout': 'gateway-timeout',
  unauthenticated: 'unauthenticated',
  replace: 'replaced',
};

function outcomeOf({ prepared }: Call, result: ExecutionResult): CallOutcome {
  if (prepared.errors.length > 0) return 'invalid';
  return result.errors === undefined ? 'answered' : 'errors';
}

function statusOf({ prepared }: Call): number {
  return prepared.errors.length > 0 ? 400 : 200;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
