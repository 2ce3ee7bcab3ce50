import { VirtualClock } from '@uplift/runtime/testing';
import { Denials } from './denials';

describe('what a server denies', () => {
  let clock: VirtualClock;
  let told: string[];
  let answers: number[];
  let denials: Denials;

  beforeEach(() => {
    clock = new VirtualClock();
    told = [];
    answers = [];
    denials = new Denials(clock, {
      onDenied: (words) => told.push(words),
      onAnswersDenied: (count) => answers.push(count),
    });
  });

  const event = (id: number) => `uplift.evt.v1.instance.upgrade-requested.${id}`;

  it('is told by kind of subject, not by message', () => {
    for (let id = 0; id < 100; id += 1) {
      denials.record({ operation: 'publish', subject: event(id) });
    }
    denials.record({ operation: 'publish', subject: '$JS.ACK.UPLIFT_EVENTS.upgrade.1.2.3.4.5' });
    denials.record({ operation: 'subscription', subject: '_INBOX_relay.abc.*' });
    expect(told).toEqual([
      'publish to uplift.evt.v1.instance.upgrade-requested.*',
      'publish to $JS.ACK.UPLIFT_EVENTS.upgrade.>',
      'subscribe to _INBOX_relay.>',
    ]);
    expect(denials.reason).toBe(`the NATS server denies this user to ${told.join(', ')}`);
  });

  it('counts for as long as it is denied again, and is told once a minute', async () => {
    for (let second = 0; second < 90; second += 1) {
      denials.record({ operation: 'publish', subject: event(1) });
      await clock.advance(1_000);
      expect(denials.reason).toBeDefined();
    }
    expect(told).toHaveLength(2);
    await clock.advance(30_000);
    expect(denials.reason).toBeUndefined();
  });

  it('is no missing right where it was an answer: those are counted, in one line a minute', async () => {
    const inboxes = ['_INBOX_billing.a', '_INBOX.b.c', 'a.subject.of.others', 'line\ntwo'];
    for (const subject of inboxes) denials.record({ operation: 'publish', subject });
    expect(answers).toEqual([1]);
    await clock.advance(60_000);
    denials.record({ operation: 'publish', subject: '_INBOX_billing.a' });
    expect(answers).toEqual([1, 4]);
    expect(told).toEqual([]);
    expect(denials.reason).toBeUndefined();
  });

  it.each(['uplift.qry.v1.upgrade.get', '$JS.API.STREAM.INFO.X', 'trigger_upgrade'])(
    'is a missing right at %s, where nobody is answered',
    (subject) => {
      denials.record({ operation: 'publish', subject });
      expect(told).toEqual([`publish to ${subject}`]);
      expect(answers).toEqual([]);
    },
  );

  it('is a missing right to read answers', () => {
    denials.record({ operation: 'subscription', subject: '_INBOX_relay.abc.*' });
    expect(denials.reason).toContain('subscribe to _INBOX_relay.>');
  });

  it('is forgotten with the rights it was denied by', () => {
    denials.record({ operation: 'publish', subject: event(1) });
    denials.forget();
    expect(denials.reason).toBeUndefined();
  });

  it('takes little room however many kinds there are', () => {
    for (let n = 0; n < 1_000; n += 1) {
      denials.record({ operation: 'publish', subject: `$JS.API.CALL-${n}` });
    }
    expect(denials.reason).toMatch(/ and 47 more$/);
  });
});
