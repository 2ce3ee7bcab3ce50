import type { AckAction } from './ack-policy';
import type { BusConnection, PullListener } from './bus-connection.port';
import { consumerRow } from './bus-topology';
import { ConsumerLoop } from './consumer-loop';
import { encodeEvent, type StoredEvent } from '@uplift/contracts';
import { VirtualClock } from '@uplift/runtime/testing';

const EVENT: StoredEvent = {
  id: '0b1c6c0e-0000-4000-8000-00000000000b',
  type: 'UpgradeRequested',
  stream: 'instance-0b1c6c0e-0000-4000-8000-00000000000a',
  revision: 1,
  position: 700n,
  recordedAt: '2026-03-01T10:00:00.000Z',
  data: {},
  metadata: {
    $correlationId: 'c',
    $causationId: 'd',
    actor: { type: 'user', id: 'somebody' },
    service: 'command-api',
    schemaVersion: 1,
    hash: 'a'.repeat(64),
  },
};

/** One message for one consumer, and what it is told in the end. */
function handing(handle: () => Promise<unknown>) {
  const clock = new VirtualClock();
  const answers: AckAction[] = [];
  let listener: PullListener | undefined;
  const connection = {
    clock,
    isConnected: true,
    hasConsumer: () => Promise.resolve(true),
    onReconnect: () => () => undefined,
    pull: (_request: unknown, given: PullListener) => {
      listener ??= given;
      return { drain: () => Promise.resolve(), close: () => undefined };
    },
  } as unknown as BusConnection;
  const ignore = () => undefined;
  const loop = new ConsumerLoop(connection, consumerRow('upgrade')!, {
    handle,
    ...{ onUnreadable: ignore, onError: ignore, onBeat: ignore },
  });
  loop.start();
  const message = encodeEvent(EVENT, { ordinal: 1, epoch: 'e' });
  const settle = (action: AckAction) => answers.push(action);
  const deliver = async () => {
    await clock.advance(0);
    const delivery = { ...message, sequence: 1, deliveryCount: 1, keep: ignore, settle };
    listener?.onDelivery(delivery);
    await clock.advance(0);
  };
  return { clock, answers, deliver };
}

describe('a message', () => {
  it('is answered for only after its handler has done its work', async () => {
    let finish: () => void = () => undefined;
    const work = new Promise<void>((resolve) => (finish = resolve));
    const { clock, answers, deliver } = handing(() => work);
    await deliver();
    expect(answers).toEqual([]);
    finish();
    await clock.advance(0);
    expect(answers).toEqual([{ kind: 'ack' }]);
  });

  it('comes again when its handler has failed', async () => {
    const { answers, deliver } = handing(() => Promise.reject(new Error('no')));
    await deliver();
    expect(answers).toMatchObject([{ kind: 'nak' }]);
  });
});
