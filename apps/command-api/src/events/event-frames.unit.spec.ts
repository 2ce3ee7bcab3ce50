import type { StoredEvent } from '@uplift/contracts';
import { eventFrame, resyncFrame } from './event-frames';

const BREAKING = 'x\r\n\r\nid: 99\nevent: forged\ndata: {}\n\n';

function eventWith(changes: Partial<StoredEvent>): StoredEvent {
  return {
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
    ...changes,
  };
}

describe('a frame of the event stream', () => {
  it('is one frame, whatever type and content its event has', () => {
    const events = [
      eventWith({ type: BREAKING }),
      eventWith({ data: { [BREAKING]: BREAKING, list: [{ text: BREAKING }] } }),
      eventWith({ id: BREAKING, stream: BREAKING }),
    ];
    for (const event of events) {
      const [id, name, data, ...rest] = eventFrame(event).split(/\r\n|\r|\n/);
      expect([id, name, rest]).toEqual(['id: 700', 'event: event', ['', '']]);
      expect(JSON.parse(data?.replace('data: ', '') ?? '')).toMatchObject({ type: event.type });
    }
  });

  it('names the place to go on from where events were left out', () => {
    expect(resyncFrame(3n, 700n)).toBe(
      'id: 700\nevent: resync\ndata: {"after":"3","position":"700"}\n\n',
    );
  });
});
