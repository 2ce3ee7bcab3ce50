import {
  carriesMarker,
  completedWithWarnings,
  deploymentPhase,
  isSafeMarker,
  taskPhase,
} from './lagoon.types';

describe('a status ends a build or a task only with a known word', () => {
  it.each([
    ['new', 'active'],
    ['queued', 'active'],
    ['pending', 'active'],
    ['running', 'active'],
    ['building', 'active'],
    ['', 'active'],
    ['complete', 'complete'],
    ['COMPLETE', 'complete'],
    ['failed', 'failed'],
    ['error', 'failed'],
    ['cancelled', 'cancelled'],
  ])('%s is %s', (status, phase) => {
    expect(deploymentPhase(status)).toBe(phase);
    expect(taskPhase(status)).toBe(phase);
  });

  it('knows the older word of tasks', () => expect(taskPhase('succeeded')).toBe('complete'));

  it('sees warnings in the last step', () => {
    expect(completedWithWarnings('deployCompletedWithWarnings')).toBe(true);
    expect(completedWithWarnings('deployCompleted')).toBe(false);
    expect(completedWithWarnings(null)).toBe(false);
  });
});

describe('a task carries a marker', () => {
  const invoked = (command: string | null) => ({ name: 'migrate', command });

  it('as its name, or as the argument of its command', () => {
    expect(carriesMarker({ name: 'a1 pre', command: 'true' }, 'a1 pre')).toBe(true);
    expect(carriesMarker(invoked(' UPLIFT_MARKER="a1 pre"; true'), 'a1 pre')).toBe(true);
    expect(carriesMarker(invoked(' A="1" UPLIFT_MARKER="a1 pre" B="2"; true'), 'a1 pre')).toBe(
      true,
    );
  });

  it('only if it is the whole one', () => {
    expect(carriesMarker(invoked(' UPLIFT_MARKER="a1 pre"; true'), 'a1')).toBe(false);
    expect(carriesMarker(invoked(' UPLIFT_MARKER="a11"; true'), 'a1')).toBe(false);
    expect(carriesMarker(invoked('echo a1'), 'a1')).toBe(false);
    expect(carriesMarker(invoked(null), 'a1')).toBe(false);
    expect(carriesMarker({ name: 'a1 post', command: null }, 'a1')).toBe(false);
  });
});

describe('a marker may be part of a command', () => {
  it.each(['a1', '0192f0c4-1b2c-7d3e-8f40-000000000001 pre', 'x@y:z.1_2'])('%j may', (marker) =>
    expect(isSafeMarker(marker)).toBe(true),
  );

  it.each(['', '"', 'a"b', 'a;b', '$(id)', '`id`', 'a\nb', 'a\\', 'ä', 'x'.repeat(101)])(
    '%j may not',
    (marker) => expect(isSafeMarker(marker)).toBe(false),
  );
});
