import type { ServerWritableStream } from '@grpc/grpc-js';
import { Writable } from 'node:stream';
import type { streams } from '../protocol/messages';
import { ReadSink } from './read-sink';

const FRAME = Buffer.from('frame');

/** A client that has room for one frame, and takes it when it is told to. */
function slowCall() {
  const taken: (() => void)[] = [];
  const call = new Writable({
    highWaterMark: 1,
    write: (_frame, _encoding, done) => void taken.push(done),
  });
  return {
    call: call as Writable & ServerWritableStream<streams.ReadReq, Uint8Array>,
    takeOne: () => taken.shift()?.(),
  };
}

/** How much the lists of an object hold. */
function heldBy(sink: ReadSink): number {
  return Object.values(sink).filter(Array.isArray).flat().length;
}

describe('the sink of a read', () => {
  it('waits until a slow client has room', async () => {
    const { call, takeOne } = slowCall();
    let isSent = false;
    const sending = new ReadSink(call).send([FRAME]).then(() => (isSent = true));
    await new Promise(setImmediate);
    expect(isSent).toBe(false);
    takeOne();
    await sending;
  });

  it('holds nothing of the waits that are over', async () => {
    const { call, takeOne } = slowCall();
    const sink = new ReadSink(call);
    for (let frame = 0; frame < 50; frame += 1) {
      const sending = sink.send([FRAME]);
      takeOne();
      await sending;
    }
    expect(heldBy(sink)).toBe(0);
    expect(call.listenerCount('drain')).toBe(1);
  });

  it('waits no longer once the call is closed', async () => {
    const { call } = slowCall();
    const sink = new ReadSink(call);
    const sending = sink.send([FRAME, FRAME]);
    call.emit('cancelled');
    await sending;
    expect(call.writableLength).toBe(FRAME.length);
  });

  it('tells once that the call is closed, also to whom asks late', () => {
    const { call } = slowCall();
    const sink = new ReadSink(call);
    const told: string[] = [];
    sink.onClosed(() => told.push('early'));
    call.emit('cancelled');
    call.emit('close');
    sink.onClosed(() => told.push('late'));
    expect(told).toEqual(['early', 'late']);
  });
});
