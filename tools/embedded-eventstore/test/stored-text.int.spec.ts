import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { credentials } from '@grpc/grpc-js';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb';
import { canonicalJson, EsdbEventStore, NO_STREAM } from '@uplift/event-store';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { streams, toIdentifier } from '../src/protocol/messages';
import { freshStream, useStore } from './running-store';

const { Options } = streams.ReadReq;

/** The first event of a stream, byte for byte. */
async function firstEventOf(port: number, stream: string) {
  const client = new StreamsClient(`127.0.0.1:${port}`, credentials.createInsecure());
  const options = new Options()
    .setStream(
      new Options.StreamOptions().setStreamIdentifier(toIdentifier(stream)).setStart(new Empty()),
    )
    .setReadDirection(Options.ReadDirection.FORWARDS)
    .setCount('1')
    .setNoFilter(new Empty())
    .setUuidOption(new Options.UUIDOption().setString(new Empty()));
  const found: streams.ReadResp[] = [];
  const call = client.read(new streams.ReadReq().setOptions(options));
  call.on('data', (response: streams.ReadResp) => found.push(response));
  await once(call, 'end');
  client.close();
  const event = found
    .find((response) => response.hasEvent())
    ?.getEvent()
    ?.getEvent();
  const text = (bytes?: Uint8Array) => Buffer.from(bytes ?? []).toString('utf8');
  return {
    data: text(event?.getData_asU8()),
    metadata: text(event?.getCustomMetadata_asU8()),
    contentType: event?.getMetadataMap().get('content-type'),
  };
}

describe('what the store keeps of an event', () => {
  const running = useStore('memory');

  it('is the text that was hashed, as JSON', async () => {
    const { connectionString, port } = running.store;
    const store = new EsdbEventStore({ connectionString });
    const stream = freshStream('instance');
    const id = randomUUID();
    const data = { z: 1, a: { y: [1.5, null, 'ä€😀"\\\n'], b: true }, m: 1e21, é: '\u2028' };
    const metadata = {
      service: 'spec',
      schemaVersion: 1,
      actor: { type: 'system' as const, id: 'writer' },
      $correlationId: 'c',
      $causationId: 'd',
    };
    const { head } = await store.append(stream, NO_STREAM, [
      { id, type: 'SampleHappened', data, metadata },
    ]);
    await store.close();
    const beside = `,"eventId":"${id}","hash":"${head.hash}"}`;
    expect(await firstEventOf(port, stream)).toEqual({
      data: canonicalJson(data),
      metadata: canonicalJson(metadata).slice(0, -1) + beside,
      contentType: 'application/json',
    });
  });
});
