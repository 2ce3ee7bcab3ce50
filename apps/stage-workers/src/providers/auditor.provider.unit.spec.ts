import { hostname } from 'node:os';
import { readConfiguration } from '@uplift/runtime';
import { VirtualClock } from '@uplift/runtime/testing';
import { StoreClock } from '../store/event-clock';
import { clocksDiffer } from './auditor.provider';

describe('the finding about differing clocks', () => {
  const subjectIn = (environment: Record<string, string>) => {
    const { workerId } = readConfiguration(['workerId'], environment);
    const place = { service: 'stage-workers', workerId };
    return clocksDiffer(new StoreClock(new VirtualClock()), place).subject;
  };

  it.each([
    ['the host', {}, hostname()],
    ['the worker that has a name', { UPLIFT_WORKER_ID: 'w1' }, 'w1'],
  ])('is about %s, so that the next process there closes it', (_what, environment, name) => {
    expect(subjectIn(environment)).toBe(`stage-workers/${name}`);
  });
});
