import { once } from 'node:events';
import { Writable } from 'node:stream';
import { OPEN_ACCESS } from '../access/access-control';
import { Faults } from '../faults/faults';
import { InMemoryRecordLog } from '../persistence/in-memory.record-log';
import { messages, streams } from '../protocol/messages';
import { CommitSignal } from '../reads/subscription';
import { handleRead } from './read-handler';

type Call = Parameters<ReturnType<typeof handleRead>>[0];
type Options = streams.ReadReq.Options;

class BrokenLog extends InMemoryRecordLog {
  override scan(): never {
    throw new Error('a defect');
  }
}

/** A read of all events. */
function callOf(howMany: (options: Options) => Options): Call {
  const all = new streams.ReadReq.Options.AllOptions().setStart(new messages.Empty());
  const options = howMany(new streams.ReadReq.Options().setAll(all));
  const call = new Writable({ write: (_frame, _encoding, done) => done() });
  return Object.assign(call, { request: new streams.ReadReq().setOptions(options) }) as never;
}

describe('a call in which an inner error happens', () => {
  it.each<[string, (options: Options) => Options]>([
    ['a read', (options) => options.setCount('1')],
    [
      'a subscription',
      (options) => options.setSubscription(new streams.ReadReq.Options.SubscriptionOptions()),
    ],
  ])('ends with a status: %s', async (_what, howMany) => {
    const log = new BrokenLog();
    await log.commit([{ position: 1 } as never]);
    const side = { log, positionStep: 1, now: () => 0 };
    const call = callOf(howMany);
    const ended = once(call, 'error');
    const rest = { commits: new CommitSignal(), faults: new Faults(), access: OPEN_ACCESS };
    handleRead({ side, ...rest })(call);
    const [failure] = (await ended) as [unknown];
    expect(failure).toMatchObject({ code: 2, details: 'Exception was thrown by handler.' });
  });
});
