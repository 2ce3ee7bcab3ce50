import { EventEmitter } from 'node:events';
import { AccessDeniedError } from '@eventstore/db-client';
import { AccessDenied } from '@eventstore/db-client/generated/shared_pb';
import { Status } from '@eventstore/db-client/generated/status_pb';
import { createUUID, parseUUID } from '@eventstore/db-client/dist/utils/grpcUUID';
import type { BatchAppendReq } from '@eventstore/db-client/generated/streams_pb';
import { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import { Any } from 'google-protobuf/google/protobuf/any_pb';
import { EsdbAppends } from './esdb.appends';
import type { BatchCall, EsdbClient } from './esdb.client';
import { NO_STREAM } from './event-store.port';
import { prepareAppend } from './hash-chain';
import { sampleEvent } from './testing';

const STREAM = 'instance-5f0d9c9e-0000-4000-8000-000000000001';
const LINKED = prepareAppend(STREAM, NO_STREAM, [sampleEvent(1)]);

/** One stream of appends to a server that answers when it is told to. */
class Line extends EventEmitter {
  readonly asked: BatchAppendReq[] = [];
  readonly write = (request: BatchAppendReq) => this.asked.push(request);
  readonly end = jest.fn();

  deny(n = this.asked.length - 1): void {
    const id = parseUUID(this.asked[n]!.getCorrelationId())!;
    const details = new Any();
    details.pack(new AccessDenied().serializeBinary(), 'event_store.client.AccessDenied');
    const status = new Status().setCode(7).setMessage('AccessDenied').setDetails(details);
    this.emit('data', new BatchAppendResp().setCorrelationId(createUUID(id)).setError(status));
  }

  answer(n = this.asked.length - 1): void {
    const id = parseUUID(this.asked[n]!.getCorrelationId())!;
    const success = new BatchAppendResp.Success().setCurrentRevision('0');
    const answer = new BatchAppendResp().setCorrelationId(createUUID(id)).setSuccess(success);
    this.emit('data', answer);
  }
}

function setUp() {
  const lines: Line[] = [];
  const batchCall = () => {
    const line = new Line();
    lines.push(line);
    return Promise.resolve(line as unknown as BatchCall);
  };
  const broken = jest.fn();
  const appends = new EsdbAppends({ batchCall } as unknown as EsdbClient, broken);
  const send = async () => {
    const sending = appends.send(STREAM, NO_STREAM, LINKED);
    await new Promise(setImmediate);
    return { answer: sending };
  };
  return { appends, lines, send, broken };
}

describe('appends on a stream of their own', () => {
  it('are answered once: a second answer, as the server gives to a refused event, is nothing', async () => {
    const { appends, lines, send } = setUp();
    const { answer } = await send();
    lines[0]!.answer();
    expect(await answer).toEqual({ revision: 0, position: undefined });
    expect(() => lines[0]!.answer()).not.toThrow();
    const next = await send();
    lines[0]!.answer();
    await next.answer;
    expect([appends.answered, lines.length]).toEqual([3, 1]);
  });

  it('that are denied leave their stream, on which the server knows the groups of then', async () => {
    const { lines, send, broken } = setUp();
    const waiting = await send();
    const denied = await send();
    const failed = expect(denied.answer).rejects.toBeInstanceOf(AccessDeniedError);
    lines[0]!.deny();
    await failed;
    expect(lines[0]!.end).toHaveBeenCalledTimes(1);
    const next = await send();
    lines[1]!.answer();
    await next.answer;
    lines[0]!.answer(0);
    await waiting.answer;
    lines[0]!.emit('end');
    const last = await send();
    lines[1]!.answer();
    await last.answer;
    expect([lines.length, broken.mock.calls.length]).toEqual([2, 0]);
  });

  it('fail with their stream, and those of another one do not', async () => {
    const { lines, send } = setUp();
    const first = await send();
    const failed = expect(first.answer).rejects.toThrow('reset');
    lines[0]!.emit('error', new Error('reset'));
    await failed;
    const second = await send();
    expect(() => lines[0]!.answer(0)).not.toThrow();
    lines[0]!.emit('close');
    lines[1]!.answer();
    await second.answer;
  });

  it('tell once that their stream has broken, also where no answer is due', async () => {
    const { lines, send, broken } = setUp();
    const { answer } = await send();
    lines[0]!.answer();
    await answer;
    expect(broken).not.toHaveBeenCalled();
    for (const sign of ['error', 'end', 'close']) lines[0]!.emit(sign, new Error('reset'));
    expect(broken).toHaveBeenCalledTimes(1);
  });

  it('name the revision that has to be the last, or that there is none', async () => {
    const { appends, lines, send } = setUp();
    await send();
    const after = { revision: 4, hash: 'a'.repeat(64) };
    void appends.send(STREAM, after, prepareAppend(STREAM, after, [sampleEvent(2)]));
    await new Promise(setImmediate);
    const [first, next] = lines[0]!.asked.map((request) => request.getOptions());
    expect([first?.hasNoStream(), first?.hasAny()]).toEqual([true, false]);
    expect([next?.getStreamPosition(), next?.hasAny()]).toEqual(['4', false]);
  });

  it('name no time by which the server has to be done that a clock which is behind could miss', async () => {
    const { lines, send } = setUp();
    await send();
    const deadline = lines[0]!.asked[0]!.getOptions()?.getDeadline()?.toDate().getTime() ?? 0;
    expect(deadline - Date.now()).toBeGreaterThan(60 * 60 * 1_000);
  });
});
