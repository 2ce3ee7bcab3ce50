import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { caughtUp, confirmation } from '../wire/read-response';
import type { ReadSink } from './read-sink';
import type { SubscriptionSource } from './subscription-source';
import type { WakeUp } from './wake-up';

const PAGE = 256;

/**
 * One cursor that pulls from the log, from catching up to live: a commit only wakes it, so nothing can be
 * missed or sent twice in between, and a paused client costs nothing.
 */
export async function runSubscription(
  source: SubscriptionSource,
  sink: ReadSink,
  wakeUp: WakeUp,
): Promise<void> {
  let isBehind = true;
  await sink.send([confirmation(randomUUID())]);
  while (!sink.isClosed) {
    const { frames, looked, failure } = source.pull(PAGE);
    await sink.send(frames);
    if (failure) {
      sink.fail(failure);
      return;
    }
    if (looked > 0) {
      isBehind ||= looked === PAGE;
      await setImmediate();
      continue;
    }
    if (isBehind) await sink.send([...source.framesAtEnd(), caughtUp()]);
    isBehind = false;
    await wakeUp.wait();
  }
}
