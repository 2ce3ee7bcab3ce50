import { Logger } from '@nestjs/common';
import type { ProblemDetails } from '@uplift/contracts';
import { denialStream, refusalStream } from '@uplift/contracts';
import type { KnownInstance } from '@uplift/domain';
import {
  deterministicEventId,
  EventStoreUnavailableError,
  loadOrEmpty,
  NO_STREAM,
} from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { Metrics } from '@uplift/runtime';
import { VirtualClock } from '@uplift/runtime/testing';
import type { CommandRequest } from './command-request';
import {
  cancel,
  commandServiceOn,
  INSTANCE_ID,
  registration,
  report,
  trigger,
} from '../testing/command-requests';
import { RefusalRecorder } from './refusal-recorder';

const STREAM = refusalStream(INSTANCE_ID);
const HOUR_MS = 3_600_000;
const REFUSED = cancel({ key: 'c1' });

async function setUp(store = new InMemoryEventStore()) {
  const clock = new VirtualClock();
  const made = commandServiceOn(store, clock);
  await made.service.execute(registration());
  const refuse = async (request: CommandRequest) => {
    await made.service.execute(request).catch(() => undefined);
    await made.refusals.settled();
  };
  return { ...made, store, clock, refuse, kept: () => loadOrEmpty(store, STREAM) };
}

describe('a refusal', () => {
  it('is kept beside the instance, with rule, command, status and person', async () => {
    const { store, refuse, kept, clock } = await setUp();
    const before = await store.load(`instance-${INSTANCE_ID}`);

    await refuse(REFUSED);

    const hour = new Date(clock.wall() - (clock.wall() % HOUR_MS)).toISOString();
    expect(await kept()).toMatchObject([
      {
        type: 'CommandRefused',
        data: {
          instanceId: INSTANCE_ID,
          command: 'CancelUpgrade',
          code: 'upgrade-not-in-flight',
          currentStatus: 'running-healthy-claimed',
          requestedBy: 'somebody',
          hour,
        },
        metadata: { service: 'command-api', actor: { type: 'user', id: 'somebody' } },
      },
    ]);
    expect(await store.load(`instance-${INSTANCE_ID}`)).toEqual(before);
  });

  it('is one event per rule and hour, counted every time', async () => {
    const { refuse, kept, clock, metrics } = await setUp();

    for (let n = 0; n < 20; n += 1) await refuse(cancel({ key: `c${n}` }));
    await refuse(report('r1', 'running-healthy-unclaimed'));
    await clock.advance(HOUR_MS);
    await refuse(REFUSED);

    expect((await kept()).map(({ data }) => (data as { code: string }).code)).toEqual([
      'upgrade-not-in-flight',
      'claim-axis-crossed',
      'upgrade-not-in-flight',
    ]);
    expect((await metrics.render()).body).toContain(
      'uplift_command_refusals_total{command="CancelUpgrade",code="upgrade-not-in-flight"} 21',
    );
  });

  it('is one event over several processes and restarts too', async () => {
    const { store, kept, refuse } = await setUp();
    const others = [
      commandServiceOn(store, new VirtualClock()),
      commandServiceOn(store, new VirtualClock()),
    ];

    await Promise.all([
      refuse(REFUSED),
      ...others.map(async ({ service, refusals }) => {
        await service.execute(cancel({ key: 'other' })).catch(() => undefined);
        await refusals.settled();
      }),
    ]);

    expect(await kept()).toHaveLength(1);
  });

  it('of an instance that nobody registered leaves nothing', async () => {
    const { store, refuse } = await setUp();
    const before = await store.lastPosition();

    await refuse(trigger({ instanceId: '99999999-9999-4999-8999-999999999999' }));

    expect(await store.lastPosition()).toBe(before);
  });

  it.each([
    ['a store that is away', () => Promise.reject(new EventStoreUnavailableError('away'))],
    ['a store that never answers', () => new Promise<never>(() => undefined)],
  ])('costs its caller no waiting and no other answer: %s', async (_what, append) => {
    const store = new BrokenForRefusals(append);
    const { service } = await setUp(store);

    await expect(service.execute(REFUSED)).rejects.toMatchObject({
      problem: { code: 'upgrade-not-in-flight', status: 409 },
    });
  });

  it('that could not be kept is counted, and kept the next time', async () => {
    let isAway = true;
    const store = new BrokenForRefusals(() =>
      isAway ? Promise.reject(new EventStoreUnavailableError('away')) : undefined,
    );
    const { refuse, kept, metrics } = await setUp(store);

    await refuse(REFUSED);
    expect((await metrics.render()).body).toContain(
      'uplift_refusals_recorded_total{outcome="lost"} 1',
    );
    isAway = false;
    await refuse(REFUSED);

    expect(await kept()).toHaveLength(1);
  });

  it('that cannot be kept is told once a minute, however many there are', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const store = new BrokenForRefusals(() =>
      Promise.reject(new EventStoreUnavailableError('away')),
    );
    const { refuse, clock } = await setUp(store);

    for (let n = 0; n < 20; n += 1) await refuse(cancel({ key: `c${n}` }));
    expect(warn).toHaveBeenCalledTimes(1);
    await clock.advance(60_000);
    await refuse(REFUSED);
    expect(warn).toHaveBeenCalledTimes(2);
    warn.mockRestore();
  });

  it('finds its stream where somebody else has written to it meanwhile', async () => {
    const { store, refuse, kept } = await setUp();
    const [registered] = await store.load(`instance-${INSTANCE_ID}`);
    const { hash: _hash, ...metadata } = registered!.metadata;
    const older = { id: 'older', type: 'CommandRefused', data: {}, metadata };
    await store.append(STREAM, NO_STREAM, [older]);

    await refuse(REFUSED);

    expect((await kept()).map(({ revision }) => revision)).toEqual([0, 1]);
  });
});

describe('denials of many commands at once', () => {
  const hourOf = (clock: VirtualClock) =>
    new Date(clock.wall() - (clock.wall() % HOUR_MS)).toISOString();
  const deny = (recorder: RefusalRecorder, from: number, count: number) => {
    for (let n = from; n < from + count; n += 1) {
      const denied = {
        command: `POST /v1/x/${n}`,
        transport: 'http',
        code: 'scope-missing',
      } as const;
      recorder.recordDenial({ ...denied, actor: null });
    }
  };
  const kept = (store: InMemoryEventStore, clock: VirtualClock) =>
    loadOrEmpty(store, denialStream(deterministicEventId('denials', hourOf(clock), 0)));

  it('are all kept, by two appends of each process', async () => {
    const store = new InMemoryEventStore();
    const append = jest.spyOn(store, 'append');
    const clocks = [new VirtualClock(), new VirtualClock()];
    const recorders = clocks.map(
      (clock) => new RefusalRecorder(store, clock, new Metrics('command-api')),
    );
    recorders.forEach((recorder, n) => deny(recorder, 300 * n, 300));
    await Promise.all(recorders.map((recorder) => recorder.settled()));

    expect(await kept(store, clocks[0]!)).toHaveLength(600);
    const done = await Promise.allSettled(append.mock.results.map(({ value }) => value as unknown));
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
  });

  it('need no place among refusals that are on their way', async () => {
    const store = new HeldStore();
    const clock = new VirtualClock();
    const recorder = new RefusalRecorder(store, clock, new Metrics('command-api'));
    const problem = { code: 'some-rule', detail: 'why' } as ProblemDetails;
    for (let n = 0; n < 64; n += 1) {
      const instanceId = `22222222-2222-4222-8222-${String(n).padStart(12, '0')}`;
      const state = { status: 'upgrade-running' } as KnownInstance;
      recorder.record({ ...REFUSED, instanceId }, problem, state);
    }
    deny(recorder, 0, 1);
    store.release();
    await recorder.settled();

    expect(await kept(store, clock)).toHaveLength(1);
  });
});

/** Reads nothing before it is let go. */
class HeldStore extends InMemoryEventStore {
  release: () => void = () => undefined;
  private readonly released = new Promise<void>((resolve) => (this.release = resolve));

  override async load(...read: Parameters<InMemoryEventStore['load']>) {
    await this.released;
    return super.load(...read);
  }
}

class BrokenForRefusals extends InMemoryEventStore {
  constructor(private readonly instead: () => Promise<never> | undefined) {
    super();
  }

  override append(...append: Parameters<InMemoryEventStore['append']>) {
    const broken = append[0].startsWith('refusal-') ? this.instead() : undefined;
    return broken ?? super.append(...append);
  }
}
