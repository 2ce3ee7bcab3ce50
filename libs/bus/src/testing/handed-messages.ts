import { encodeEvent, type StoredEvent } from '@uplift/contracts';
import { VirtualClock } from '@uplift/runtime/testing';
import type { AckAction } from '../ack-policy';
import type { BusConnection, PullListener } from '../bus-connection.port';
import { consumerRow, type ConsumerRow } from '../bus-topology';
import { ConsumerLoop, type EventDelivery } from '../consumer-loop';

export const HANDED_EVENT: StoredEvent = {
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

export const UPGRADE_ROW = knownRow('upgrade');

const ignore = () => undefined;

export interface HandingOptions {
  readonly concurrency?: number;
  /** Of each message. */
  readonly bytes?: number;
}

/** One consumer and its handler: hands it messages and events, and notes what the messages are told. */
export function handing(
  handle: (delivery: EventDelivery) => Promise<unknown>,
  { concurrency = UPGRADE_ROW.concurrency, bytes = 100 }: HandingOptions = {},
) {
  const clock = new VirtualClock();
  const answers: AckAction[] = [];
  const told: string[] = [];
  const listeners: PullListener[] = [];
  const connection = connectionTo(clock, (listener) => listeners.push(listener));
  const row = { ...UPGRADE_ROW, concurrency };
  const hooks = { handle, onUnreadable: ignore, onError: ignore, onBeat: ignore };
  const loop = new ConsumerLoop(connection, row, hooks);
  loop.start();
  const deliver = async (event = HANDED_EVENT, epoch = 'e', deliveryCount = 1) => {
    await clock.advance(0);
    listeners[0]?.onDelivery({
      ...encodeEvent(event, { ordinal: 1, epoch }),
      ...{ sequence: 1, deliveryCount, bytes },
      forget: () => void told.push('forget'),
      keep: () => void told.push('keep'),
      settle: (action) => void answers.push(action),
    });
    await clock.advance(0);
  };
  const offer = async (event = HANDED_EVENT) => {
    const isTaken = loop.offer(event, 'e');
    await clock.advance(0);
    return isTaken;
  };
  return { clock, answers, told, loop, deliver, offer, asked: () => listeners.length };
}

function connectionTo(clock: VirtualClock, onPull: (listener: PullListener) => void) {
  return {
    clock,
    isConnected: true,
    hasConsumer: () => Promise.resolve(true),
    onReconnect: () => ignore,
    pull: (_request: unknown, listener: PullListener) => {
      onPull(listener);
      return { drain: () => Promise.resolve(), close: ignore };
    },
  } as unknown as BusConnection;
}

function knownRow(durable: string): ConsumerRow {
  const row = consumerRow(durable);
  if (row === undefined) throw new RangeError(`There is no consumer ${durable}`);
  return row;
}
