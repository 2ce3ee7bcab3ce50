import { instanceStream } from '@uplift/contracts';
import { WHOLE_UPGRADE } from '@uplift/domain/testing';
import type { EventStore } from '@uplift/event-store';
import { InstanceHistory, NO_STREAM } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { ScriptedApi, ScriptedContext } from '../testing/scripted-api';
import { auditCommand } from './audit.command';

const INSTANCE = '0b1c6c0e-0000-4000-8000-00000000000a';
const CAUSE = {
  causationId: '0b1c6c0e-0000-4000-8000-00000000000b',
  step: 'test',
  correlationId: INSTANCE,
  actor: { type: 'system', id: 'test' },
} as const;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const store = new InMemoryEventStore();

class WithStore extends ScriptedContext {
  override withStore<Result>(work: (store: EventStore) => Promise<Result>): Promise<Result> {
    return work(store);
  }
}

interface Replay {
  readonly events: number;
  readonly instance: { readonly registeredAt: string; readonly updatedAt: string };
  readonly timeline: readonly { readonly at: string; readonly revision: number }[];
}

describe('uplift audit replay', () => {
  const api = new ScriptedApi({ body: {} });

  beforeAll(() =>
    new InstanceHistory(store, 'test').append(INSTANCE, NO_STREAM, WHOLE_UPGRADE, CAUSE),
  );

  const replay = async (...options: string[]) => {
    const context = new WithStore(api, 'json');
    await context.run(auditCommand, 'replay', INSTANCE, ...options);
    return JSON.parse(context.printed.join('')) as Replay;
  };

  it('prints every time as RFC 3339', async () => {
    const { instance, timeline } = await replay();
    expect(timeline).toHaveLength(WHOLE_UPGRADE.length);
    const times = [instance.registeredAt, instance.updatedAt, ...timeline.map(({ at }) => at)];
    times.forEach((time) => expect(time).toMatch(RFC_3339));
    expect(JSON.stringify(instance)).not.toMatch(/:1\d{12}\b/);
  });

  it('ends with a revision', async () => {
    expect((await replay('--revision', '0')).timeline).toHaveLength(1);
  });

  it('ends with a moment, in whatever zone it is given', async () => {
    const [first] = await store.load(instanceStream(INSTANCE));
    const at = first?.recordedAt ?? '';
    const { timeline } = await replay('--at', at);
    expect(timeline).toHaveLength(WHOLE_UPGRADE.length);
    const before = new Date(Date.parse(at) - 1).toISOString().replace('Z', '+00:00');
    const replayed = replay('--at', before);
    expect((await replayed).timeline).toEqual([]);
  });
});
