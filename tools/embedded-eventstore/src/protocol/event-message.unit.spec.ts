import { TOMBSTONE_REVISION } from '../persistence/record-log.port';
import { toRecord } from './event-message';
import { streams } from './messages';

const EVENT = {
  id: '4b8cb5b0-5ab8-4d5b-9b1e-5b1f6f0a7c11',
  type: 'Größe',
  contentType: 'application/json',
  customMetadata: Buffer.from('{"m":1}'),
  body: Buffer.from(`{"text":"${'✓'.repeat(300)}"}`),
};
const PLACE = { position: 70_000, stream: 'straße-1', revision: 300, createdAt: 1_700_000_000_123 };

function delivered(message: Uint8Array) {
  return streams.ReadResp.deserializeBinary(message).getEvent()!;
}

describe('the stored message', () => {
  it('is what the generated classes read', () => {
    const event = delivered(toRecord(EVENT, PLACE).message);
    const recorded = event.getEvent()!;
    expect(event.getCommitPosition()).toBe('70000');
    expect(recorded.getId()?.getString()).toBe(EVENT.id);
    expect(recorded.getStreamRevision()).toBe('300');
    expect(recorded.getPreparePosition()).toBe('70000');
    expect(Object.fromEntries(recorded.getMetadataMap().toArray())).toEqual({
      type: 'Größe',
      'content-type': 'application/json',
      created: '17000000001230000',
    });
    expect(Buffer.from(recorded.getData_asU8())).toEqual(EVENT.body);
    expect(Buffer.from(recorded.getCustomMetadata_asU8())).toEqual(EVENT.customMetadata);
  });

  it('gives a tombstone the largest revision there is', () => {
    const { message } = toRecord(EVENT, { ...PLACE, revision: TOMBSTONE_REVISION });
    expect(delivered(message).getEvent()?.getStreamRevision()).toBe('9223372036854775807');
  });
});
