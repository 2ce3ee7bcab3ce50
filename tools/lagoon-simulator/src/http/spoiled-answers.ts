import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import type { Fault, FaultKind } from '../faults/fault-plan';
import type { PreparedDocument } from '../graphql/prepared-document';
import { JSON_TYPE, sendJson, sendText } from './http-messages';

export interface Spoiled {
  readonly prepared: PreparedDocument;
  readonly fault: Fault;
  /** What Lagoon would have answered; null if the call was not carried out, or not yet. */
  readonly result: ExecutionResult | null;
}

type Answer = (response: ServerResponse, spoiled: Spoiled) => void | Promise<void>;

export const UNAUTHENTICATED = { errors: [{ message: 'Unauthorized - Bearer Token invalid' }] };

const CHUNK = 64 * 1024;

/** How each fault answers. */
export const SPOILED_ANSWERS: Readonly<Record<FaultKind, Answer>> = {
  refuse: (response, { prepared, fault }) => {
    sendJson(response, 200, { errors: [{ message: fault.message }], data: all(prepared, null) });
  },
  say: (response, { prepared, fault }) => {
    sendJson(response, 200, { data: all(prepared, fault.message) });
  },
  unauthenticated: (response) => {
    sendJson(response, 401, UNAUTHENTICATED);
  },
  'lose-request': closeConnection,
  'lose-answer': closeConnection,
  'gateway-timeout': gatewayTimeout,
  'land-late': gatewayTimeout,
  slow: (response, { result }) => {
    sendJson(response, 200, result);
  },
  partial: (response, { prepared, fault, result }) => {
    const [key = '', ...others] = prepared.answerKeys;
    const missing = others.length > 0 ? { [key]: null } : {};
    const errors = [{ message: fault.message, path: [key] }];
    sendJson(response, 200, { errors, data: { ...result?.data, ...missing } });
  },
  truncate: (response, { result }) => {
    const text = JSON.stringify(result ?? {});
    sendText(response, 200, text.slice(0, Math.ceil(text.length / 2)), JSON_TYPE);
  },
  huge: async (response, { fault }) => {
    await sendHuge(response, fault.bytes);
  },
  replace: (response, { fault }) => {
    sendText(response, fault.status, fault.body, fault.contentType);
  },
};

function closeConnection(response: ServerResponse): void {
  response.destroy();
}

function gatewayTimeout(response: ServerResponse): void {
  sendText(response, 504, 'Gateway Time-out');
}

function all(prepared: PreparedDocument, value: string | null): Record<string, string | null> {
  return Object.fromEntries(prepared.answerKeys.map((key) => [key, value]));
}

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
