import { ERROR_HEADERS, isProblemDetails, PROBLEMS } from '@uplift/contracts';
import fc from 'fast-check';
import { CallbackTokens } from '../../apps/command-api/src/access/callback-tokens';
import { PublishedContract } from '../contract/command-api/published-contract';
import type { Given, StateName } from '../contract/operations/given-states';
import { GivenStates, STATE_NAMES } from '../contract/operations/given-states';
import type { HttpInput } from '../contract/operations/operation-inputs';
import { busInputs, httpInputs, inserted } from '../contract/operations/operation-inputs';
import { BUS_OPERATIONS, HTTP_OPERATIONS } from '../contract/operations/published-operations';
import { fuzz } from './fuzz';
import { CALLBACK_KEYS, ServicesInProcess } from './services-in-process';

const CALLBACKS = new CallbackTokens({
  keys: CALLBACK_KEYS,
  isTokenTakenFromUrl: false,
  isGetTaken: false,
});
/** What says that the input itself is wrong: of an input that fits its schema nobody may say so. */
const WRONG_INPUT = [
  ...['invalid-input', 'malformed-json', 'unsupported-media-type'],
  ...['idempotency-key-missing', 'idempotency-key-invalid'],
];
/** What no schema says: a cursor is that of an earlier page, and texts are looked through for secrets. */
const NOT_IN_SCHEMAS = /nextCursor of an earlier page|seems to hold|holds a mail address/;

/** Of each operation; `npm run fuzz -- --edge openapi --runs 500` draws more. */
const RUNS = 3;

describe('an input that fits its published schema', () => {
  let services: ServicesInProcess;
  let states: GivenStates;
  let url: string;
  let inputs = 0;
  const contract = PublishedContract.load();

  beforeAll(async () => {
    services = await ServicesInProcess.start({ UPLIFT_PROMOTE_ENABLED: 'true' });
    url = `http://127.0.0.1:${services.port}`;
    states = new GivenStates(services.store, url);
  });
  afterAll(() => services.stop());

  const bring = (state: StateName): Promise<Given> => states.bring(state, `n-${(inputs += 1)}`);
  const state = fc.constantFrom(...STATE_NAMES);

  function expectNoFault(status: number, answer: unknown): void {
    expect(status).not.toBe(500);
    expect(services.errors).toEqual([]);
    if (status < 400) return;
    if (!isProblemDetails(answer)) throw new Error(`no problem: ${JSON.stringify(answer)}`);
    expect(Object.keys(PROBLEMS)).toContain(answer.code);
    const isRightInput = NOT_IN_SCHEMAS.test(JSON.stringify(answer));
    if (WRONG_INPUT.includes(answer.code) && !isRightInput) throw new Error(JSON.stringify(answer));
  }

  it.each(HTTP_OPERATIONS)('is answered as published over HTTP: $id', async (operation) => {
    const { id, method } = operation;
    const property = fc.asyncProperty(state, httpInputs(operation), async (given, drawn) => {
      const there = await bring(given);
      const input = inserted(drawn, there);
      const own = { 'uplift-callback-token': CALLBACKS.tokenOf(there.instanceId) };
      const { status, body } = await answerTo(`${url}${input.path}`, method, {
        ...input,
        headers: { ...(input.path.startsWith('/api/') ? own : {}), ...input.headers },
      });
      expectNoFault(status, body);
      if (body !== null) contract.check({ method, path: input.path, status, body });
    });
    await fuzz({ edge: `openapi/${id}`, runs: RUNS }, property);
  });

  it.each(BUS_OPERATIONS)('is answered as published over NATS: $id', async (operation) => {
    const { id, subject, answer: published, isCommand } = operation;
    const property = fc.asyncProperty(state, busInputs(operation), async (given, drawn) => {
      const there = await bring(given);
      const payload = JSON.stringify(inserted(drawn, there));
      const headers: Record<string, string> = isCommand ? { 'Idempotency-Key': 'key' } : {};
      const reply = await services
        .connect('client')
        .request(subject, payload, { headers, timeoutMs: 60_000 });
      const body = JSON.parse(Buffer.from(reply.payload).toString()) as unknown;
      const status = Number(reply.headers[ERROR_HEADERS.code] ?? 200);
      expectNoFault(status, body);
      contract.checkShape(status < 400 ? published : PROBLEM, body);
    });
    await fuzz({ edge: `asyncapi/${id}`, runs: RUNS }, property);
  });
});

const PROBLEM = { $ref: '#/components/schemas/Problem' };

/** Null in place of what is no JSON: streams of events and of lines. */
async function answerTo(url: string, method: string, { headers, body }: HttpInput) {
  const stopping = new AbortController();
  const response = await fetch(url, { method, headers, body, signal: stopping.signal });
  const { status } = response;
  const isJson = /json\b/.test(response.headers.get('content-type') ?? '');
  const isLines = response.headers.get('content-type')?.includes('ndjson') ?? false;
  if (isJson && !isLines) return { status, body: await response.json() };
  if (isLines) await response.text();
  stopping.abort();
  return { status, body: null };
}
