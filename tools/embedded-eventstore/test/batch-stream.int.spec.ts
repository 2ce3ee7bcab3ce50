import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { credentials, type ClientDuplexStream } from '@grpc/grpc-js';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { Timestamp } from 'google-protobuf/google/protobuf/timestamp_pb';
import { messages, streams, toIdentifier } from '../src/protocol/messages';
import { freshStream, useStore } from './running-store';

type Response = streams.BatchAppendResp;
type Call = ClientDuplexStream<streams.BatchAppendReq, Response>;

interface Part {
  readonly id: string;
  readonly stream?: string;
  readonly deadline?: Date;
  readonly bytes?: number;
  readonly type?: string;
  readonly isFinal?: boolean;
}

function request(part: Part): streams.BatchAppendReq {
  const message = new streams.BatchAppendReq.ProposedMessage()
    .setId(new messages.UUID().setString(randomUUID()))
    .setData(new Uint8Array(part.bytes ?? 1));
  message.getMetadataMap().set('type', part.type ?? 'Event');
  message.getMetadataMap().set('content-type', 'application/octet-stream');
  const made = new streams.BatchAppendReq()
    .setCorrelationId(new messages.UUID().setString(part.id))
    .setProposedMessagesList([message])
    .setIsFinal(part.isFinal ?? true);
  if (part.stream === undefined) return made;
  const options = new streams.BatchAppendReq.Options()
    .setStreamIdentifier(toIdentifier(part.stream))
    .setDeadline(Timestamp.fromDate(part.deadline ?? new Date(Date.now() + 10_000)))
    .setAny(new Empty());
  return made.setOptions(options);
}

/** Sends the parts, closes the request side, and collects every response until the call ends. */
async function exchange(call: Call, parts: readonly Part[]): Promise<Response[]> {
  const responses: Response[] = [];
  call.on('data', (response: Response) => responses.push(response));
  for (const part of parts) call.write(request(part));
  call.end();
  await once(call, 'end');
  return responses;
}

function outcomeOf(response: Response): string {
  const details = response.getError()?.getDetails()?.getTypeName();
  return details?.replace('event_store.client.', '') ?? 'success';
}

describe('the batch stream', () => {
  const running = useStore('memory');
  let client: StreamsClient;
  beforeAll(() => {
    client = new StreamsClient(`127.0.0.1:${running.store.port}`, credentials.createInsecure());
  });
  afterAll(() => client.close());

  it('answers interleaved appends once each, with their own id and stream', async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    const [first, second] = [freshStream('größe'), freshStream()];
    const responses = await exchange(client.batchAppend(), [
      { id: a, stream: first, isFinal: false },
      { id: b, stream: second },
      { id: a },
    ]);
    const answered = responses.map((response) => [
      response.getCorrelationId()?.getString(),
      Buffer.from(response.getStreamIdentifier()!.getStreamName_asU8()).toString(),
      response.getSuccess()?.getCurrentRevision(),
    ]);
    expect(answered).toHaveLength(2);
    expect(answered).toEqual(
      expect.arrayContaining([
        [a, first, '1'],
        [b, second, '0'],
      ]),
    );
  });

  it('answers an append refused early only once, however much of it follows', async () => {
    const id = randomUUID();
    const responses = await exchange(client.batchAppend(), [
      { id, stream: freshStream(), bytes: 1024 * 1024 + 1, isFinal: false },
      { id, isFinal: false },
      { id },
    ]);
    expect(responses.map(outcomeOf)).toEqual(['MaximumAppendSizeExceeded']);
  });

  it('answers a deadline that has passed, and one that passes before the append is final', async () => {
    const past = await exchange(client.batchAppend(), [
      { id: randomUUID(), stream: freshStream(), deadline: new Date(Date.now() - 1) },
    ]);
    expect(past.map(outcomeOf)).toEqual(['Timeout']);
    const call = client.batchAppend();
    const id = randomUUID();
    const soon = new Date(Date.now() + 50);
    call.write(request({ id, stream: freshStream(), deadline: soon, isFinal: false }));
    const [response] = (await once(call, 'data')) as [Response];
    expect(outcomeOf(response)).toBe('Timeout');
    expect(await exchange(call, [{ id }])).toEqual([]);
  });

  it('refuses an event without a type', async () => {
    const part = { id: randomUUID(), stream: freshStream(), type: '' };
    expect((await exchange(client.batchAppend(), [part])).map(outcomeOf)).toEqual(['BadRequest']);
  });
});
