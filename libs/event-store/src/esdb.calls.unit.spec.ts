import { withDeadline } from './esdb.calls';
import { EventStoreUnavailableError } from './event-store.port';

const never = () => new Promise<never>(() => undefined);

describe('deadline', () => {
  it('passes on an answer in time', async () => {
    await expect(withDeadline(Promise.resolve('answer'), 1_000)).resolves.toBe('answer');
  });

  it('passes on an error in time', async () => {
    const error = new Error('refused');
    await expect(withDeadline(Promise.reject(error), 1_000)).rejects.toBe(error);
  });

  it('ends the wait for an answer that does not come, and says so to the one who asked', async () => {
    const giveUp = jest.fn();
    const late = withDeadline(never(), 5, giveUp);
    await expect(late).rejects.toBeInstanceOf(EventStoreUnavailableError);
    expect(giveUp).toHaveBeenCalledTimes(1);
  });
});
