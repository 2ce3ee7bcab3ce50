import { STATE_NAMES } from '../operations/given-states';
import type { Expectation } from './consumer-files';
import { consumerFiles, consumerSchema, readerOf } from './consumer-files';
import { brokenReliances } from './differences';
import { ExpectationPlayer } from './expectation-player';

let player: ExpectationPlayer;
beforeAll(async () => {
  player = await ExpectationPlayer.start();
});
afterAll(() => player.stop());

describe.each(consumerFiles())('contracts/consumers/$file', ({ expectations }) => {
  it.each(expectations)('$what', async (expectation) => {
    expect(await player.brokenBy(expectation)).toEqual([]);
  });
});

const LOOKUP = {
  what: 'looks an instance up',
  given: 'a healthy instance',
  http: { method: 'GET', path: '/v1/instances/{instanceId}' },
  answer: { status: 200 },
} as const satisfies Expectation;
const QUERY = {
  what: 'asks for an instance',
  given: 'a healthy instance',
  bus: { subject: 'uplift.qry.v1.instance.get', body: { instanceId: '{instanceId}' } },
  answer: {},
} as const satisfies Expectation;
const EVENT = {
  what: 'waits for a registration',
  given: 'a healthy instance',
  event: { subject: 'uplift.evt.v1.instance.instance-registered.{instanceId}' },
} as const satisfies Expectation;

describe('an expectation that is not met', () => {
  it.each<[string, Expectation, RegExp]>([
    [
      'another status',
      { ...LOOKUP, answer: { status: 202 } },
      /^GET \/v1\/instances\/[0-9a-f-]+ answers 200, expected 202: \{/,
    ],
    [
      'another value',
      { ...LOOKUP, answer: { status: 200, body: { instance: { project: 'blog' } } } },
      /^GET .* answers 200: \/instance\/project is "shop", expected "blog"$/,
    ],
    [
      'a member that is not there',
      { ...LOOKUP, answer: { status: 200, body: { instance: { owner: 'x' } } } },
      /answers 200: \/instance\/owner is missing, expected "x"$/,
    ],
    [
      'another kind',
      {
        ...LOOKUP,
        answer: {
          status: 200,
          schema: {
            properties: { instance: { properties: { revision: { type: 'string' } } } },
          },
        },
      },
      /answers 200: \/instance\/revision must be string$/,
    ],
    [
      'another header',
      { ...LOOKUP, answer: { status: 200, headers: { ETag: '"7"' } } },
      /answers 200: header \/etag is /,
    ],
    [
      'an answer in place of a problem',
      { ...QUERY, answer: { code: 404 } },
      /^uplift\.qry\.v1\.instance\.get is answered, expected 404: \{/,
    ],
    [
      'a problem in place of an answer',
      { ...QUERY, bus: { ...QUERY.bus, body: {} } },
      /is answered with 400, expected no problem: \{.*invalid-input/,
    ],
    [
      'no event',
      { ...EVENT, event: { subject: 'uplift.evt.v1.instance.upgrade-failed.{instanceId}' } },
      /^no event comes on uplift\.evt\.v1\.instance\.upgrade-failed\.[0-9a-f-]+$/,
    ],
    [
      'another header of an event',
      { ...EVENT, event: { ...EVENT.event, headers: { 'ce-specversion': '2.0' } } },
      /^the event on .*: header \/ce-specversion is "1.0", expected "2.0"$/,
    ],
  ])('is told by %s', async (_what, expectation, sentence) => {
    expect(await player.brokenBy(expectation)).toEqual([expect.stringMatching(sentence)]);
  });

  it('tells all that is wrong', () => {
    const actual = { a: 1, list: [{ b: 2 }], more: true };
    const body = { a: 2, list: [{ b: 3 }, { c: 4 }], at: { d: 5 } };
    expect(brokenReliances(actual, { body })).toEqual([
      '/a is 1, expected 2',
      '/list/0/b is 2, expected 3',
      '/list/1 is missing, expected {"c":4}',
      '/at is missing, expected {"d":5}',
    ]);
  });
});

describe('a file of a consumer', () => {
  const read = readerOf(consumerSchema());
  const fileOf = (...expectations: readonly object[]) =>
    JSON.stringify({ about: 'us', expectations });

  it('may ask for every state that there is', () => {
    const { $defs } = consumerSchema() as { $defs: { State: { enum: readonly string[] } } };
    expect($defs.State.enum).toEqual(STATE_NAMES);
  });

  it.each<[string, string, RegExp]>([
    ['no JSON', '{', /^contracts\/consumers\/us\/a\.json is no JSON: /],
    ['no expectations', '{"about":"us"}', /must have required property 'expectations'/],
    [
      'a state that is none',
      fileOf({ ...LOOKUP, given: 'a broken instance' }),
      /\/expectations\/0\/given must be equal to one of the allowed values: a healthy instance, /,
    ],
    [
      'a member that is none',
      fileOf({ ...LOOKUP, answer: { status: 200, json: {} } }),
      /\/expectations\/0\/answer must NOT have additional properties: json/,
    ],
    ['no answer', fileOf({ ...QUERY, answer: undefined }), /required property 'answer'/],
    [
      'two requests in one',
      fileOf({ ...LOOKUP, ...QUERY, answer: { status: 200 } }),
      /\/expectations\/0 must have exactly one of http, bus and event/,
    ],
    [
      'an event with wildcards of another stream',
      fileOf({ ...EVENT, event: { subject: 'orders.>' } }),
      /\/expectations\/0\/event\/subject must match pattern/,
    ],
  ])('is refused with its place: %s', (_what, text, sentence) => {
    expect(() => read('us/a.json', text)).toThrow(sentence);
  });

  it('is taken in each of the three forms', () => {
    expect(read('us/a.json', fileOf(LOOKUP, QUERY, EVENT)).expectations).toHaveLength(3);
  });
});
