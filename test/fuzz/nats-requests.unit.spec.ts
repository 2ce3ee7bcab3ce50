import {
  COMMAND_ALIASES,
  BUS_COMMAND_SUBJECTS,
  ERROR_HEADERS,
  isProblemDetails,
  PROBLEMS,
  QUERY_SUBJECTS,
  REQUEST_HEADERS,
} from '@uplift/contracts';
import type { ReceivedMessage } from '@uplift/contracts';
import fc from 'fast-check';
import { fuzz } from './fuzz';
import type { Json } from './hostile-values';
import { anyBytes, anyJson, anyText, changedJson } from './hostile-values';
import { ServicesInProcess } from './services-in-process';
import { COMMAND_BODIES, instanceAt } from './valid-inputs';

type Body = (at: { readonly instanceId: string; readonly n: number }) => Json;

const of =
  (body: Json): Body =>
  ({ instanceId }) => ({ ...(body as object), instanceId });
const ofUpgrade =
  (body: Json): Body =>
  ({ instanceId }) => ({ ...(body as object), instanceId, upgradeId: instanceId });
const { reason } = COMMAND_BODIES;
const C = BUS_COMMAND_SUBJECTS;
const Q = QUERY_SUBJECTS;

const WEBHOOK = {
  ...{ url: 'https://shop.example.com/', format: 'polydock', events: ['UpgradeFailed'] },
  ...{ labels: { team: 'shop' }, description: 'the shop' },
};

const REQUESTS: readonly (readonly [subject: string, body: Body])[] = [
  [C.registerInstance, ({ n }) => instanceAt(n)[1]],
  [C.updateInstance, of({ ...COMMAND_BODIES.update, expectedRevision: 0 })],
  [C.claimInstance, of(reason)],
  [C.unclaimInstance, of(reason)],
  [C.deregisterInstance, of(COMMAND_BODIES.deregister)],
  [C.reportHealth, of(COMMAND_BODIES.health)],
  [C.triggerUpgrade, of(COMMAND_BODIES.trigger)],
  [Object.keys(COMMAND_ALIASES)[0] ?? '', of(COMMAND_BODIES.trigger)],
  [C.cancelUpgrade, ofUpgrade(reason)],
  [C.retryUpgrade, ofUpgrade(COMMAND_BODIES.retry)],
  [C.abandonUpgrade, ofUpgrade(reason)],
  [C.resolveOutcome, ofUpgrade(COMMAND_BODIES.resolve)],
  [C.redriveStage, ofUpgrade(reason)],
  [C.rollBackUpgrade, ofUpgrade(reason)],
  [C.prioritizeUpgrade, ofUpgrade(COMMAND_BODIES.prioritize)],
  [C.parkInstance, of(reason)],
  [C.unparkInstance, of(reason)],
  [C.stopStarts, () => ({ ...reason, core: 'eu' })],
  [C.allowStarts, () => ({ ...reason, core: 'eu' })],
  [C.acceptStore, () => reason],
  [C.closeFinding, ({ instanceId }) => ({ ...reason, findingId: instanceId })],
  [C.createWebhook, () => WEBHOOK],
  [C.listWebhooks, ({ instanceId }) => ({ webhookId: instanceId })],
  [C.deleteWebhook, ({ instanceId }) => ({ webhookId: instanceId })],
  [C.listWebhookDeliveries, ({ instanceId }) => ({ webhookId: instanceId, limit: 1 })],
  [C.replayWebhook, ({ instanceId }) => ({ webhookId: instanceId, eventId: instanceId })],
  [C.rotateWebhookSecret, ({ instanceId }) => ({ webhookId: instanceId, overlapHours: 1 })],
  [C.testWebhook, ({ instanceId }) => ({ webhookId: instanceId })],
  [Q.instanceGet, ({ instanceId }) => ({ instanceId })],
  [Q.instanceList, () => ({ cursor: 'WyJhIl0', limit: 10, status: 'removed', app: 'a' })],
  [Q.instanceStats, () => ({ label: ['team=shop'] })],
  [Q.instanceTimeline, ({ instanceId }) => ({ instanceId, cursor: 'WzFd', limit: 1 })],
  [Q.upgradeGet, ({ instanceId }) => ({ upgradeId: instanceId })],
  [
    Q.upgradeList,
    ({ instanceId }) => ({
      ...{ outcome: 'failed', reasonClass: 'build', instanceId, status: 'removed' },
      ...{ since: '2026-03-01T10:00:00Z', until: '2026-03-01T10:00:00.5Z', label: ['a=b'] },
      ...{ sort: '-endedAt', cursor: 'W251bGwsImlkIiwiLWVuZGVkQXQiXQ' },
    }),
  ],
  [Q.systemStatus, () => ({ minPosition: '1' })],
  [Q.systemFindings, () => ({ open: true, cursor: 'W10' })],
];

/** The three ways in which a body may be wrapped. */
const FORMS: Readonly<Record<string, (body: Json) => Json>> = {
  plain: (body) => body,
  nest: (data) => ({ pattern: 'a', id: 'n-1', data }),
  event: (data) => ({ specversion: '1.0', id: 'e-1', type: 't', source: '/s', data }),
};

const headers = fc.dictionary(
  fc.oneof(
    fc.constantFrom(...Object.values(REQUEST_HEADERS), 'idempotency-key', 'CONTENT-TYPE', ''),
    anyText,
  ),
  anyText,
  { maxKeys: 3 },
);

const PROBLEM_CODES = Object.keys(PROBLEMS);

describe('requests over NATS', () => {
  let services: ServicesInProcess;
  let inputs = 0;
  beforeAll(async () => {
    services = await ServicesInProcess.start();
  });
  afterAll(() => services.stop());

  async function expectAnswered(
    subject: string,
    payload: Uint8Array,
    more: Readonly<Record<string, string>>,
  ): Promise<void> {
    const sent = { headers: { 'Idempotency-Key': 'key', ...more }, timeoutMs: 60_000 };
    const reply = await services.connect('client').request(subject, payload, sent);
    expectSound(reply);
    expect(services.errors).toEqual([]);
  }

  it('are answered, whatever their body says', async () => {
    const changes = fc.record({
      request: fc.constantFrom(...REQUESTS),
      form: fc.constantFrom(...Object.keys(FORMS)),
      isEvent: fc.boolean(),
      headers,
      isOther: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      other: anyJson,
    });
    const bodies = changes.chain(({ request: [subject, body], form, ...rest }) => {
      const instanceId = instanceAt(0)[0];
      const valid = FORMS[form]?.(body({ instanceId, n: 0 })) ?? null;
      return changedJson(fc.constant(valid)).map((json) => ({ subject, json, ...rest }));
    });
    const property = fc.asyncProperty(bodies, async (input) => {
      inputs += 1;
      const [instanceId] = instanceAt(inputs);
      const text = JSON.stringify(input.isOther ? input.other : input.json);
      const payload = Buffer.from(text.replaceAll(instanceAt(0)[0], instanceId));
      const type = input.isEvent ? { 'Content-Type': 'application/cloudevents+json' } : {};
      await expectAnswered(input.subject, payload, { ...type, ...input.headers });
    });
    await fuzz({ edge: 'nats-json', runs: 120 }, property);
  });

  it('are answered, whatever bytes they are', async () => {
    const subjects = fc.constantFrom(...REQUESTS.map(([subject]) => subject));
    const property = fc.asyncProperty(subjects, anyBytes, headers, expectAnswered);
    await fuzz({ edge: 'nats-bytes', runs: 60 }, property);
  });

  it('are taken as before afterwards', async () => {
    const [, body] = instanceAt(999_999);
    const payload = Buffer.from(JSON.stringify(body));
    const sent = { headers: { 'Idempotency-Key': 'last' }, timeoutMs: 60_000 };
    const reply = await services.connect('client').request(C.registerInstance, payload, sent);
    expect(JSON.parse(Buffer.from(reply.payload).toString())).toMatchObject({ revision: 0 });
  });
});

/** What every answer has to be, whatever was asked. */
function expectSound({ headers, payload }: ReceivedMessage): void {
  const text = Buffer.from(payload).toString();
  expect(text).not.toMatch(/\n\s+at |node_modules|\.[jt]s:\d+:\d+/);
  for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
  const answer = JSON.parse(text) as { err?: unknown };
  const code = headers[ERROR_HEADERS.code];
  if (code === undefined) return;
  const problem = answer.err ?? answer;
  if (!isProblemDetails(problem)) throw new Error(`no problem document: ${text}`);
  expect(PROBLEM_CODES).toContain(problem.code);
  expect(String(problem.status)).toBe(code);
  expect(problem.status).not.toBe(500);
}
