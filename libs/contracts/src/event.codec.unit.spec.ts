import { HTTP } from 'cloudevents';
import fc from 'fast-check';
import { decodeEvent, decodeRelayProof, encodeEvent, UndecodableMessageError } from './event.codec';
import { decodeHeaderValue, encodeHeaderValue } from './headers';
import type { StoredEvent } from './stored-event';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const name = fc.stringMatching(/^[A-Z][A-Za-z0-9]{0,30}$/);

const metadata = fc.record(
  {
    $correlationId: fc.uuid(),
    $causationId: fc.oneof(fc.uuid(), text),
    actor: fc.record({
      type: fc.constantFrom('user' as const, 'service_account' as const, 'system' as const),
      id: text,
    }),
    service: text,
    schemaVersion: fc.nat(),
    hash: fc.stringMatching(/^[0-9a-f]{64}$/),
    traceparent: text,
    commandFingerprint: text,
  },
  { requiredKeys: ['$correlationId', '$causationId', 'actor', 'service', 'schemaVersion', 'hash'] },
);

const storedEvent: fc.Arbitrary<StoredEvent> = fc.record({
  id: fc.uuid(),
  type: fc.oneof(name, text),
  stream: fc.oneof(
    fc.uuid().map((id) => `instance-${id}`),
    text,
  ),
  revision: fc.nat(),
  position: fc.bigInt({ min: 0n, max: 2n ** 63n }),
  recordedAt: fc
    .date({ noInvalidDate: true, min: new Date(0), max: new Date('2999-01-01') })
    .map((date) => date.toISOString()),
  data: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })).map(asJson),
  metadata,
});

function asJson(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object;
}

function example(): StoredEvent {
  return {
    id: '3f0c2c5e-8f9b-5f5a-9a52-0d2a4a1f8d11',
    type: 'UpgradeRequested',
    stream: 'instance-7b0e9d0c-52c5-4a7d-8df8-0e7f3a4fbb01',
    revision: 4,
    position: 9_007_199_254_740_993n,
    recordedAt: '2026-01-02T03:04:05.678Z',
    data: { upgradeId: 'u-1' },
    metadata: {
      $correlationId: 'u-1',
      $causationId: 'c-1',
      actor: { type: 'service_account', id: 'fleet' },
      service: 'command-api',
      schemaVersion: 2,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      hash: 'f'.repeat(64),
    },
  };
}

const PROOF = { ordinal: 12, epoch: 'e-1' };

it('gives back exactly the stored event and the proof of order, whatever they contain', () => {
  fc.assert(
    fc.property(storedEvent, fc.nat(), fc.uuid(), (event, ordinal, epoch) => {
      const message = encodeEvent(event, { ordinal, epoch });
      expect(decodeEvent(message)).toEqual(event);
      expect(decodeRelayProof(message.headers)).toEqual({ ordinal, epoch });
    }),
  );
});

it('names the messages before it that are not the relay', () => {
  const event = fc.sample(storedEvent, 1)[0]!;
  const proof = { ...PROOF, gap: { first: 13, last: 14 } };
  const { headers } = encodeEvent(event, proof);
  expect(headers).toMatchObject({ 'Uplift-Gap': '13-14' });
  expect(decodeRelayProof(headers)).toEqual(proof);
});

it.each(['', '7', '8-7', '0-1', '1-2-3', 'a-b', '-1-2', '1-99999999999999999'])(
  'takes a message whose gap is "%s" for nobody of ours',
  (gap) => {
    const { headers } = encodeEvent(fc.sample(storedEvent, 1)[0]!, PROOF);
    expect(() => decodeRelayProof({ ...headers, 'Uplift-Gap': gap })).toThrow('Uplift-Gap');
  },
);

it('puts every event on a legal subject and into printable headers', () => {
  fc.assert(
    fc.property(storedEvent, (event) => {
      const { subject, headers } = encodeEvent(event, PROOF);
      expect(subject).toMatch(/^uplift\.evt\.v1(\.[A-Za-z0-9_-]+){3}$/);
      for (const value of Object.values(headers)) expect(value).toMatch(/^[\x21-\x7e]*$/);
    }),
  );
});

it('names category, event and stream in the subject', () => {
  expect(encodeEvent(example(), PROOF).subject).toBe(
    'uplift.evt.v1.instance.upgrade-requested.7b0e9d0c-52c5-4a7d-8df8-0e7f3a4fbb01',
  );
});

it('is a CloudEvent that the official SDK reads', () => {
  const { headers, payload } = encodeEvent(example(), PROOF);
  const http = { ...headers, 'content-type': headers['ce-datacontenttype'] };
  const read = HTTP.toEvent({ headers: http, body: Buffer.from(payload).toString() });
  expect(read).toMatchObject({
    specversion: '1.0',
    id: example().id,
    source: '/uplift/instance/7b0e9d0c-52c5-4a7d-8df8-0e7f3a4fbb01',
    type: 'io.uplift.instance.upgrade-requested.v2',
    subject: '7b0e9d0c-52c5-4a7d-8df8-0e7f3a4fbb01',
    time: example().recordedAt,
    dataschema: 'urn:uplift:schema:instance.upgrade-requested.v2',
    correlationid: 'u-1',
    causationid: 'c-1',
    sequence: '00000000000000000004',
    authtype: 'service_account',
    authid: 'fleet',
    data: { upgradeId: 'u-1' },
  });
});

it.each([
  ['ce-id', undefined],
  ['Uplift-Position', '12x'],
  ['Uplift-Stream-Revision', '-1'],
  ['ce-authtype', 'somebody'],
  ['Uplift-Service', '%GG'],
])('refuses a message whose %s is %s', (header, value) => {
  const { payload, headers } = encodeEvent(example(), PROOF);
  const broken: Record<string, string> = { ...headers };
  delete broken[header];
  if (value !== undefined) broken[header] = value;
  expect(() => decodeEvent({ payload, headers: broken })).toThrow(UndecodableMessageError);
});

it.each(['', '{', '1', 'null', '"text"'])('refuses a body that is %p', (body) => {
  const { headers } = encodeEvent(example(), PROOF);
  expect(() => decodeEvent({ headers, payload: Buffer.from(body) })).toThrow(
    UndecodableMessageError,
  );
});

const nested = (depth: number) => '{"x":'.repeat(depth) + '1' + '}'.repeat(depth);

it.each([
  ['has a number that is not finite', '{"x":[1e400]}'],
  ['is nested 33 deep', nested(33)],
  ['is nested 5,000 deep', nested(5_000)],
  ['is nested 100,000 deep', nested(100_000)],
])('refuses a body that %s', (_what, body) => {
  const { headers } = encodeEvent(example(), PROOF);
  expect(() => decodeEvent({ headers, payload: Buffer.from(body) })).toThrow(
    UndecodableMessageError,
  );
});

it('reads a body that is nested as deep as one in the store may be', () => {
  const { headers } = encodeEvent(example(), PROOF);
  const { data } = decodeEvent({ headers, payload: Buffer.from(nested(32)) });
  expect(JSON.stringify(data)).toBe(nested(32));
});

it('encodes header values as UTF-8 percent escapes and back', () => {
  expect(encodeHeaderValue('50% "ü"\r\n')).toBe('50%25%20%22%C3%BC%22%0D%0A');
  fc.assert(fc.property(text, (value) => decodeHeaderValue(encodeHeaderValue(value)) === value));
});
