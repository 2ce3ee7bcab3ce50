import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Fault } from '@uplift/lagoon/testing';
import { EVERY_CALL } from '@uplift/lagoon/testing';
import type { ExecutionResult } from 'graphql';
import type { PreparedDocument } from '../graphql/graphql-engine';
import type { CallOutcome } from '../ledger';
import { JSON_TYPE, sendJson, sendText } from './http-messages';

/** A call that a fault hits. */
interface FaultyCall {
  readonly prepared: PreparedDocument;
  readonly fault: HttpFault;
  /** What Lagoon would have answered; null if the call was not carried out, or not yet. */
  readonly result: ExecutionResult | null;
}

interface KindOfFault {
  /** Whether the call is carried out all the same, unless the fault says otherwise. */
  readonly lands: boolean;
  /** Under this the ledger counts it; null: as if nothing had been wrong. */
  readonly outcome: CallOutcome | null;
  readonly answer: (response: ServerResponse, call: FaultyCall) => void | Promise<void>;
}

export const UNAUTHENTICATED = { errors: [{ message: 'Unauthorized - Bearer Token invalid' }] };

/** What may go wrong with a call, and how it is answered. */
export const FAULT_KINDS = {
  /** 200 with an error text. */
  refuse: {
    lands: false,
    outcome: 'refused',
    answer: (response, { prepared, fault }) => {
      sendJson(response, 200, { errors: [{ message: fault.message }], data: all(prepared, null) });
    },
  },
  /** 200 with a text in place of each value: `success`, `Skipped: …`, `Error: …`. */
  say: {
    lands: false,
    outcome: 'said',
    answer: (response, { prepared, fault }) => {
      sendJson(response, 200, { data: all(prepared, fault.message) });
    },
  },
  unauthenticated: {
    lands: false,
    outcome: 'unauthenticated',
    answer: (response) => {
      sendJson(response, 401, UNAUTHENTICATED);
    },
  },
  'lose-request': { lands: false, outcome: 'request-lost', answer: closeConnection },
  'lose-answer': { lands: true, outcome: 'answer-lost', answer: closeConnection },
  'gateway-timeout': { lands: true, outcome: 'gateway-timeout', answer: gatewayTimeout },
  /** 504, and the call goes on in the server and takes place `landMs` later. */
  'land-late': { lands: true, outcome: 'gateway-timeout', answer: gatewayTimeout },
  /** The right answer, late. */
  slow: {
    lands: true,
    outcome: null,
    answer: (response, { result }) => {
      sendJson(response, 200, result);
    },
  },
  /** Beside the data an error text; of several values the first is missing. */
  partial: {
    lands: true,
    outcome: 'partial',
    answer: (response, { prepared, fault, result }) => {
      const [key = '', ...others] = prepared.answerKeys;
      const missing = others.length > 0 ? { [key]: null } : {};
      const errors = [{ message: fault.message, path: [key] }];
      sendJson(response, 200, { errors, data: { ...result?.data, ...missing } });
    },
  },
  /** The first half of the right answer. */
  truncate: {
    lands: true,
    outcome: 'truncated',
    answer: (response, { result }) => {
      const text = JSON.stringify(result ?? {});
      sendText(response, 200, text.slice(0, Math.ceil(text.length / 2)), JSON_TYPE);
    },
  },
  /** JSON of `bytes` bytes. */
  huge: {
    lands: true,
    outcome: 'huge',
    answer: (response, { fault }) => sendHuge(response, fault.bytes),
  },
  /** Any status and body. */
  replace: {
    lands: false,
    outcome: 'replaced',
    answer: (response, { fault }) => {
      sendText(response, fault.status, fault.body, fault.contentType);
    },
  },
} as const satisfies Record<string, KindOfFault>;

type FaultKind = keyof typeof FAULT_KINDS;

export interface HttpFault extends Fault {
  readonly kind: FaultKind;
  /** Real milliseconds until a call that lands is carried out; the answer does not wait for it. */
  readonly landMs: number;
  /** Real milliseconds until the answer, or until the connection closes. */
  readonly delayMs: number;
  /** For `refuse`, `partial` and `say`: Lagoon's text. */
  readonly message: string;
  /** For `replace`. */
  readonly status: number;
  /** For `replace`: sent as it is. */
  readonly body: string;
  readonly contentType: string;
  /** For `huge`. */
  readonly bytes: number;
}

export interface FaultSpec extends Partial<Omit<HttpFault, 'kind' | 'lands'>> {
  readonly kind: FaultKind;
  /** Null: as its kind says. */
  readonly lands?: boolean | null;
}

const LATE_MS = 1000;
const DEFAULTS: Omit<HttpFault, 'kind' | 'lands'> = {
  ...EVERY_CALL,
  landMs: 0,
  delayMs: 0,
  message: 'Unauthorized: You don\'t have permission to "deploy:production" on "environment"',
  status: 200,
  body: '',
  contentType: JSON_TYPE,
  bytes: 50 * 1024 * 1024,
};

/** The fault with everything filled in that was not said. */
export function faultFrom(spec: FaultSpec): HttpFault {
  const landMs = spec.kind === 'land-late' ? LATE_MS : DEFAULTS.landMs;
  return { ...DEFAULTS, landMs, ...spec, lands: spec.lands ?? FAULT_KINDS[spec.kind].lands };
}

function closeConnection(response: ServerResponse): void {
  response.destroy();
}

function gatewayTimeout(response: ServerResponse): void {
  sendText(response, 504, 'Gateway Time-out');
}

function all(prepared: PreparedDocument, value: string | null): Record<string, string | null> {
  return Object.fromEntries(prepared.answerKeys.map((key) => [key, value]));
}

const CHUNK = 64 * 1024;

/** Valid JSON without a stated length, written as fast as the client takes it. */
async function sendHuge(response: ServerResponse, bytes: number): Promise<void> {
  const chunk = Buffer.alloc(CHUNK, 'x');
  response.writeHead(200, { 'content-type': JSON_TYPE });
  response.write('{"data":{"filler":"');
  const gone = new Promise((resolve) => response.once('close', resolve));
  for (let sent = 0; sent < bytes && !response.destroyed; sent += CHUNK) {
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), gone]);
  }
  response.end('"}}');
}
