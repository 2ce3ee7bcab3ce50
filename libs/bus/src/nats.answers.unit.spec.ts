import { VirtualClock } from '@uplift/runtime/testing';
import { NatsAnswers } from './nats.answers';

function setUp() {
  const clock = new VirtualClock();
  const published: string[] = [];
  const state = { isClosed: false, isDraining: false };
  const nats = {
    publish: (reply: string, text: unknown) => {
      if (state.isClosed || state.isDraining) throw new Error('CONNECTION_DRAINING');
      published.push(`${reply} ${String(text)}`);
    },
    isClosed: () => state.isClosed,
    isDraining: () => state.isDraining,
  };
  const answers = new NatsAnswers(nats, clock);
  return { clock, published, answers, state };
}

describe('answers to messages', () => {
  it('leave together, in their order, a few milliseconds after the first', async () => {
    const { clock, published, answers } = setUp();
    answers.settle('a', { kind: 'ack' });
    await clock.advance(4);
    answers.keep('b');
    answers.settle('c', { kind: 'term' });
    expect(published).toEqual([]);
    await clock.advance(1);
    expect(published).toEqual(['a +ACK', 'b +WPI', 'c +TERM']);
    answers.settle('d', { kind: 'ack' });
    await clock.advance(5);
    expect(published.slice(3)).toEqual(['d +ACK']);
  });

  it('say when a message is wanted again', () => {
    const { published, answers } = setUp();
    answers.settle('a', { kind: 'nak', delayMs: 0 });
    answers.settle('b', { kind: 'nak', delayMs: 250 });
    answers.send();
    expect(published).toEqual(['a -NAK', 'b -NAK {"delay":250000000}']);
  });

  it('leave once, also when they are sent before their time', async () => {
    const { clock, published, answers } = setUp();
    answers.settle('a', { kind: 'ack' });
    answers.send();
    await clock.advance(5);
    expect(published).toEqual(['a +ACK']);
  });

  it.each([
    ['is closed', 'isClosed'],
    ['is being closed', 'isDraining'],
  ] as const)('come to nothing once the connection %s', async (_words, end) => {
    const { clock, published, answers, state } = setUp();
    answers.settle('a', { kind: 'ack' });
    state[end] = true;
    await clock.advance(5);
    expect(published).toEqual([]);
  });
});
