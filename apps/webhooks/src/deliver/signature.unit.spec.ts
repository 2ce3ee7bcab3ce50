import { SeededRandomness } from '@uplift/runtime/testing';
import { Secrets } from './secrets';
import { headersOf } from './signature';

const CALL = {
  ...{ id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at: 1_614_265_330, body: '{"test": 2432232314}' },
  ...({ event: 'app_instance.created', format: 'polydock', attempt: 2 } as const),
};
/** The example of the Standard Webhooks specification. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const KEY = 'a key that nobody has to know in a test';
const WEBHOOK = '0b1c6c0e-0000-4000-8000-000000000002';

describe('the headers of a call', () => {
  it('are those of Standard Webhooks and of Polydock', () => {
    expect(headersOf(CALL, [SECRET])).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': CALL.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': SIGNATURE,
      'x-polydock-event': 'app_instance.created',
      'x-polydock-delivery': CALL.id,
      'x-polydock-attempt': '2',
      'x-polydock-signature': expect.stringMatching(/^sha256=[0-9a-f]{64}$/) as unknown,
    });
    const { 'content-type': type } = headersOf({ ...CALL, format: 'cloudevents' }, [SECRET]);
    expect(type).toBe('application/cloudevents+json');
  });

  it("sign with every secret that is good, and with the one before in Polydock's only one", () => {
    const before = headersOf(CALL, [SECRET]);
    const both = headersOf(CALL, ['whsec_bmV3', SECRET]);
    expect(both['webhook-signature']?.split(' ')).toEqual([expect.any(String), SIGNATURE]);
    expect(both['x-polydock-signature']).toBe(before['x-polydock-signature']);
  });

  it('are made for nobody without a secret', () => {
    for (const secrets of [[], ['']]) {
      expect(() => headersOf(CALL, secrets)).toThrow('Nothing is sent without a signature');
    }
  });
});

describe('a secret', () => {
  const secretsOf = (...keys: readonly string[]) => new Secrets(keys, new SeededRandomness(3));

  it('is another one each time, and is kept sealed', () => {
    const secrets = secretsOf(KEY);
    const [one, other] = [secrets.make(), secrets.make()];
    expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(other).not.toBe(one);
    const sealed = secrets.seal(one, WEBHOOK);
    expect(sealed).not.toContain(one.slice(6, 20));
    expect(secrets.open(sealed, WEBHOOK)).toBe(one);
    expect(secrets.seal(one, WEBHOOK)).not.toBe(sealed);
  });

  it('opens with a key that another one takes the place of, and with no other', () => {
    const sealed = secretsOf(KEY).seal('whsec_x', WEBHOOK);
    const next = 'another key, which is as long as it has to be';
    expect(secretsOf(next, KEY).open(sealed, WEBHOOK)).toBe('whsec_x');
    expect(() => secretsOf(next).open(sealed, WEBHOOK)).toThrow('UPLIFT_WEBHOOKS_KEY');
  });

  it('opens for no other webhook, and not once it was changed', () => {
    const secrets = secretsOf(KEY);
    const sealed = secrets.seal('whsec_x', WEBHOOK);
    const wrong = [
      [sealed, '0b1c6c0e-0000-4000-8000-000000000003'],
      [`${sealed.slice(0, -2)}AA`, WEBHOOK],
      ['v1.', WEBHOOK],
      ['', WEBHOOK],
      [sealed.replace('v1', 'v2'), WEBHOOK],
    ] as const;
    for (const [text, webhookId] of wrong) {
      expect(() => secrets.open(text, webhookId)).toThrow('opens with none of the keys');
    }
  });

  it.each([[], ['short'], [KEY, 'short']])(
    'is sealed by no key that can be guessed: %j',
    (...keys) => {
      expect(() => secretsOf(...keys)).toThrow('at least 32 characters');
    },
  );
});
