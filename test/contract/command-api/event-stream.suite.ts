import { EventStreamReader } from './event-stream-reader';
import type { RunningCommandApi } from './running-command-api';

export function eventStreamSuite(running: () => RunningCommandApi): void {
  describe('events as they happen', () => {
    let api: RunningCommandApi;
    const open: EventStreamReader[] = [];

    beforeAll(() => {
      api = running();
    });

    afterEach(() => open.splice(0).forEach((reader) => reader.close()));
    async function watch(query = '', lastEventId?: string): Promise<EventStreamReader> {
      const reader = await EventStreamReader.open(`${api.url}/v1/events${query}`, lastEventId);
      open.push(reader);
      return reader;
    }

    it('says how to reconnect and that nothing on the way may hold it back', async () => {
      const reader = await watch();

      expect(reader.headers.get('content-type')).toContain('text/event-stream');
      expect(reader.headers.get('cache-control')).toBe('no-cache, no-transform');
      expect(reader.headers.get('x-accel-buffering')).toBe('no');
      expect(await reader.nextFrame()).toContain('retry: 3000');
    });

    it('sends each event once, as stored, its position as id', async () => {
      const reader = await watch();
      await reader.nextFrame();

      const id = await api.register('live-1');

      const [stored] = await api.eventsOf(id);
      const { name, id: position, content } = await reader.nextEventOf(id);
      expect(name).toBe('event');
      expect(position).toBe(stored?.position.toString());
      expect(content).toEqual({ ...stored, subject: id, position });
    });

    it('goes on after Last-Event-ID without gap or repeat, from the store and then live', async () => {
      const id = await api.register('resume-1');
      await api.post(`/v1/instances/${id}/health`, {
        key: 'h1',
        body: { status: 'running-unhealthy' },
      });
      await api.post(`/v1/instances/${id}/health`, {
        key: 'h2',
        body: { status: 'running-unresponsive' },
      });
      const [first] = await api.eventsOf(id);

      const reader = await watch('', first?.position.toString());
      const missed = [await reader.nextEvent(), await reader.nextEvent()];
      await api.post(`/v1/instances/${id}/health`, {
        key: 'h3',
        body: { status: 'running-healthy-claimed' },
      });
      const live = await reader.nextEvent();

      const ids = [...missed, live].map((event) => event.id);
      const positions = (await api.eventsOf(id)).slice(1).map(({ position }) => String(position));
      expect(ids).toEqual(positions);
    });

    it('shows one instance alone, from its start', async () => {
      const id = await api.register('filter-1');
      await api.register('filter-2');
      const reader = await watch(`?instanceId=${id}&after=0`);

      await api.register('filter-3');
      await api.post(`/v1/instances/${id}/upgrades`, { key: 'u', body: {} });

      const [one, two] = [await reader.nextEvent(), await reader.nextEvent()];
      expect([one, two].map(({ content }) => [content.subject, content.type])).toEqual([
        [id, 'InstanceRegistered'],
        [id, 'UpgradeRequested'],
      ]);
    });

    it('goes on by itself after the event store was away', async () => {
      const reader = await watch();
      await reader.nextFrame();
      await api.stack.part('eventstore').restart();

      const id = await api.register('outage-1');

      expect((await reader.nextEventOf(id)).content.type).toBe('InstanceRegistered');
    });

    it.each(['latest', '-1', '1.5', '', '1, 2', '9'.repeat(20)])(
      'refuses the Last-Event-ID "%s"',
      async (lastEventId) => {
        const answer = await api.get('/v1/events', { 'last-event-id': lastEventId });

        const errors = [{ pointer: '/headers/last-event-id' }];
        expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-input', errors } });
      },
    );

    it.each([
      ['a little ahead of the newest event', (head: bigint) => head + 5n],
      ['of 19 digits', () => 9_999_999_999_999_999_999n],
    ])('refuses a Last-Event-ID %s', async (_what, idOf) => {
      const head = (await api.lastPosition()) ?? 0n;

      const answer = await api.get('/v1/events', { 'last-event-id': String(idOf(head)) });

      expect(answer).toMatchObject({ status: 400, body: { code: 'position-ahead' } });
    });

    it('goes on after an event that another process wrote a moment ago', async () => {
      const id = await api.register('moment-1');
      const [event] = await api.eventsOf(id);
      const reader = await watch('', String(event?.position));
      await reader.nextFrame();

      const next = await api.register('moment-2');

      expect((await reader.nextEventOf(next)).content.type).toBe('InstanceRegistered');
    });

    it('lets no client have all the streams', async () => {
      const all = await Promise.allSettled(Array.from({ length: 25 }, () => watch()));
      const refused = await api.get('/v1/events');

      expect(all.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
      expect(refused).toMatchObject({ status: 429, body: { code: 'too-many-streams' } });
    });
  });
}
