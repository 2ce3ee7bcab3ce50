import type { MsgHdrs, NatsConnection, PublishOptions, SubscriptionOptions } from 'nats';
import type { PublishAnswer } from './bus-connection.port';
import { isForAnswers, NatsPublishChannel, natsHeaders, requestFault } from './nats.messages';

const MESSAGE = {
  subject: 'uplift.evt.v1.instance.upgrade-requested.0b1c6c0e-0000-4000-8000-00000000000a',
  headers: { 'ce-id': '0b1c6c0e-0000-4000-8000-00000000000b' },
  payload: Buffer.from('{}'),
};

/** A server that stores nothing, and the answers that it is told to give. */
function setUp() {
  const sent: { subject: string; options: PublishOptions | undefined }[] = [];
  let listen: SubscriptionOptions['callback'];
  const nats = {
    publish: (subject: string, _payload: unknown, options?: PublishOptions) =>
      sent.push({ subject, options }),
    subscribe: (_subject: string, { callback }: SubscriptionOptions) => (listen = callback),
  } as unknown as NatsConnection;
  const answers: [number, PublishAnswer][] = [];
  const channel = new NatsPublishChannel(nats, '_INBOX.relay', (expected, answer) =>
    answers.push([expected, answer]),
  );
  const answer = (body: object) => {
    const data = Buffer.from(JSON.stringify(body));
    const message = { subject: '_INBOX.relay.8', data, json: () => body };
    listen?.(null, message as never);
  };
  return { channel, sent, answers, answer };
}

function headerLines(headers: MsgHdrs | undefined): string[] {
  const encoded = (headers as unknown as { encode(): Uint8Array }).encode();
  return Buffer.from(encoded).toString().trim().split('\r\n');
}

describe('a publish', () => {
  it('names the message that has to be the last, and no id of its own', () => {
    const { channel, sent } = setUp();
    channel.send(MESSAGE, 7);
    expect(sent).toMatchObject([
      { subject: MESSAGE.subject, options: { reply: '_INBOX.relay.8' } },
    ]);
    expect(headerLines(sent[0]?.options?.headers)).toEqual([
      'NATS/1.0',
      'Nats-Expected-Last-Sequence: 7',
      `ce-id: ${MESSAGE.headers['ce-id']}`,
    ]);
  });
});

describe('the answer to a publish', () => {
  it('tells where the message was stored', () => {
    const { answers, answer } = setUp();
    answer({ stream: 'UPLIFT_EVENTS', seq: 8 });
    expect(answers).toEqual([[8, { kind: 'stored', sequence: 8 }]]);
  });

  it('takes a repeat for a failure: the server has stored nothing', () => {
    const { answers, answer } = setUp();
    answer({ stream: 'UPLIFT_EVENTS', seq: 8, duplicate: true });
    expect(answers).toMatchObject([[8, { kind: 'failed', reason: 'duplicate' }]]);
  });

  it('tells a wrong sequence from anything else that the server refuses', () => {
    const { answers, answer } = setUp();
    answer({ error: { err_code: 10_071, description: 'wrong last sequence: 9' } });
    answer({ error: { err_code: 10_077, description: 'maximum bytes exceeded' } });
    expect(answers).toMatchObject([
      [8, { kind: 'failed', reason: 'wrong-sequence' }],
      [8, { kind: 'failed', reason: 'refused', detail: 'maximum bytes exceeded' }],
    ]);
  });
});

describe('an answer', () => {
  it.each(['', '_INBOX.a.b', '_INBOX_billing.a', '_R_.abc', 'my.answers'])(
    'goes to %j',
    (reply) => {
      expect(isForAnswers(reply)).toBe(true);
    },
  );

  it.each([
    'uplift.evt.v1.instance.upgrade-requested.x',
    'uplift.cmd.v1.upgrade.cancel',
    'trigger_upgrade',
    '$JS.API.STREAM.PURGE.UPLIFT_EVENTS',
    '$SYS.REQ.SERVER.PING',
  ])('never goes to %s, where it would be one of our messages', (reply) => {
    expect(isForAnswers(reply)).toBe(false);
  });
});

describe('a request', () => {
  const asked = (headers: Record<string, string>, reply = '_INBOX.a') =>
    requestFault({ reply, headers: natsHeaders(headers) });

  it('is served with headers, without any, and where nobody waits for an answer', () => {
    expect(asked({ 'Idempotency-Key': 'k-1', 'Nats-Msg-Id': 'm-1' })).toBeUndefined();
    expect(asked({}, '')).toBeUndefined();
    expect(requestFault({})).toBeUndefined();
  });

  it.each([
    ['sent on', { 'Nats-Stream': 'UPLIFT_EVENTS', 'Nats-Subject': 's', 'Nats-Sequence': '7' }],
    ['sent on behind an open header', { X: 'Nats-Stream: UPLIFT_EVENTS', 'Nats-Subject': 's' }],
    ['read out', { 'Nats-Sequence': '7' }],
  ])('is not served where a stream has %s what it is', (_what, headers) => {
    const fault = asked({ 'Idempotency-Key': 'k-1', ...headers }, '');
    expect(fault).toBe('a stream has sent it on, and nobody was asked for the right to');
  });

  it('is judged by its reply before its headers, which may be unreadable', () => {
    const unreadable = {
      reply: 'uplift.evt.v1.instance.upgrade-requested.x',
      get headers(): MsgHdrs {
        throw new Error('no headers');
      },
    };
    expect(requestFault(unreadable)).toBe('its answer would be a message to Uplift or the server');
  });
});
