import { SeededRandomness } from '@uplift/runtime/testing';
import { Timeline } from './timeline';

describe('the timeline', () => {
  it('lets everything happen in the order of its time, and nothing before', () => {
    const timeline = new Timeline();
    const random = new SeededRandomness(3);
    const times = Array.from({ length: 500 }, () => Math.floor(random.fraction() * 100));
    const seen: number[] = [];
    for (const time of times) timeline.schedule(time, (at) => seen.push(at));
    const sorted = [...times].sort((left, right) => left - right);
    timeline.advanceTo(49);
    expect(seen).toEqual(sorted.filter((time) => time <= 49));
    timeline.advanceTo(99);
    expect(seen).toEqual(sorted);
  });

  it('keeps the order of what happens at the same time', () => {
    const timeline = new Timeline();
    const seen: string[] = [];
    for (const name of ['first', 'second', 'third']) timeline.schedule(5, () => seen.push(name));
    timeline.advanceTo(5);
    expect(seen).toEqual(['first', 'second', 'third']);
  });

  it('carries out what comes of it, if that is due as well', () => {
    const timeline = new Timeline();
    const seen: number[] = [];
    const again = (at: number) => {
      seen.push(at);
      timeline.schedule(at + 10, again);
    };
    timeline.schedule(0, again);
    timeline.advanceTo(35);
    expect(seen).toEqual([0, 10, 20, 30]);
  });
});
