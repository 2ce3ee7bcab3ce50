import { VirtualClock } from '@uplift/runtime/testing';
import { ProjectionProgress } from './projection-progress';
import { WritePace } from './write-pace';

function setUp() {
  const clock = new VirtualClock();
  const progress = new ProjectionProgress(clock);
  const pace = new WritePace(clock, progress);
  const due = () => {
    const state = { isDue: false };
    void pace.due().then(() => (state.isDue = true));
    return state;
  };
  return { clock, progress, pace, due };
}

describe('when events are written', () => {
  it('is after 50 ms if nobody waits for a position', async () => {
    const { clock, due } = setUp();
    const write = due();
    await clock.advance(49);
    expect(write.isDue).toBe(false);
    await clock.advance(1);
    expect(write.isDue).toBe(true);
  });

  it('is at once if somebody waits already', async () => {
    const { clock, progress, due } = setUp();
    void progress.reaches(100n, 5_000);
    const write = due();
    await clock.advance(0);
    expect(write.isDue).toBe(true);
  });

  it('is at once when somebody begins to wait', async () => {
    const { clock, progress, due } = setUp();
    const write = due();
    await clock.advance(10);
    void progress.reaches(100n, 5_000);
    await clock.advance(0);
    expect(write.isDue).toBe(true);
  });

  it.each([
    [1, 5],
    [8, 8],
    [400, 20],
  ])('is, after a write of %d ms, not before another %d ms, whoever waits', async (took, rest) => {
    const { clock, progress, pace, due } = setUp();
    void progress.reaches(100n, 5_000);
    pace.noteWrite(took);
    const write = due();
    await clock.advance(rest - 1);
    expect(write.isDue).toBe(false);
    await clock.advance(1);
    expect(write.isDue).toBe(true);
  });
});
