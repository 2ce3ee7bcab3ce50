import { LateCalls } from './late-calls';

describe('the late calls', () => {
  it('take place after their time, in its order', async () => {
    const seen: string[] = [];
    const calls = new LateCalls();
    await new Promise<void>((resolve) => {
      calls.after(15, resolve);
      calls.after(10, () => seen.push('second'));
      calls.after(1, () => seen.push('first'));
    });
    expect(seen).toEqual(['first', 'second']);
  });

  it('never take place once they were stopped', async () => {
    const stopped = new LateCalls();
    const seen: string[] = [];
    stopped.after(1, () => seen.push('landed'));
    stopped.stop();
    await new Promise<void>((resolve) => new LateCalls().after(15, resolve));
    expect(seen).toEqual([]);
  });
});
