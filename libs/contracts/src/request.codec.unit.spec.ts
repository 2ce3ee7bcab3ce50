import { ProblemError } from './problems';
import { decodeRequest, encodeProblem, encodeReply } from './request.codec';

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const content = (payload: Uint8Array) => JSON.parse(Buffer.from(payload).toString()) as unknown;
const CLOUD = { 'CONTENT-type': 'application/cloudevents+json' };
const EVENT = { specversion: '1.0', id: '1', type: 't', source: '/s', data: { a: 1 } };
const SOURCE = { service: 's', time: '2026-01-01T00:00:00.000Z' };
const PROBLEM = { type: 'urn:x', title: 'Nöt', status: 409, detail: 'd', code: 'x' };

it('takes JSON as it is, even with the keys of an envelope but without a pattern', () => {
  const body = { id: '1', data: 2 };
  expect(decodeRequest({}, bytes(body))).toEqual({ body, format: { kind: 'json' } });
});

it('takes a request without a body', () => {
  expect(decodeRequest({}, Buffer.alloc(0))).toEqual({ body: undefined, format: { kind: 'json' } });
});

it('says what a CloudEvent lacks', () => {
  const read = () => decodeRequest(CLOUD, bytes({ ...EVENT, id: '', specversion: '0.3' }));
  expect(read).toThrow('/id is required; /specversion must be "1.0"');
});

it('recognises Nest by its pattern', () => {
  const request = decodeRequest({}, bytes({ pattern: 'p', data: { a: 1 }, id: '7' }));
  expect(request).toEqual({ body: { a: 1 }, format: { kind: 'nest', id: '7' } });
});

it('recognises a structured CloudEvent by its content type, whatever the case of the header', () => {
  expect(decodeRequest(CLOUD, bytes(EVENT))).toEqual({
    body: { a: 1 },
    format: { kind: 'cloud-event', id: '1', type: 't' },
  });
});

it.each([
  [{}, Buffer.from('{')],
  [{}, Buffer.from([0xff])],
  [CLOUD, bytes([1])],
  [CLOUD, bytes({ ...EVENT, specversion: '0.3' })],
  [CLOUD, bytes({ ...EVENT, id: '' })],
])('refuses what is none of the three (case %#)', (headers, payload) => {
  expect(() => decodeRequest(headers, payload)).toThrow(ProblemError);
});

it('replies in the form of the request', () => {
  expect(content(encodeReply({ kind: 'json' }, undefined, SOURCE).payload)).toBeNull();
  expect(content(encodeReply({ kind: 'nest', id: '7' }, 1, SOURCE).payload)).toEqual({
    id: '7',
    response: 1,
    isDisposed: true,
  });
  const reply = encodeReply({ kind: 'cloud-event', id: '1', type: 't' }, 1, SOURCE);
  expect(content(reply.payload)).toMatchObject({
    id: '1.reply',
    type: 't.reply',
    source: '/s',
    time: SOURCE.time,
    data: 1,
  });
});

it('does not send a plain reply that a Nest client would misread', () => {
  expect(() => encodeReply({ kind: 'json' }, { response: 1 }, SOURCE)).toThrow('swallow');
});

it('says in the headers when a problem may be over', () => {
  const { headers } = encodeProblem({ kind: 'json' }, { ...PROBLEM, retryable: true });
  expect(headers).toMatchObject({ 'Retry-After': '1' });
});

it('says in the headers that a reply is a problem, in ASCII', () => {
  const reply = encodeProblem({ kind: 'json' }, PROBLEM);
  expect(reply.headers).toEqual({
    'Content-Type': 'application/problem+json',
    'Nats-Service-Error-Code': '409',
    'Nats-Service-Error': 'N?t',
  });
  expect(content(reply.payload)).toEqual(PROBLEM);
  expect(content(encodeProblem({ kind: 'nest', id: '7' }, PROBLEM).payload)).toEqual({
    id: '7',
    err: PROBLEM,
    isDisposed: true,
  });
});
