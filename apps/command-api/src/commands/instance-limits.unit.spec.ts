import { denialStream, instanceStream, ProblemError, refusalStream } from '@uplift/contracts';
import type { EventStore } from '@uplift/event-store';
import { deterministicEventId, loadOrEmpty, StreamGoneError } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { VirtualClock } from '@uplift/runtime/testing';
import {
  cancel,
  commandServiceOn,
  INSTANCE_ID,
  refusedWith,
  registration,
  trigger,
} from '../testing/command-requests';
import type { CommandRequest } from './command-request';

const TEAM = { team: 'payments' };
const OTHER = '22222222-2222-4222-8222-222222222222';
const HOUR_MS = 3_600_000;
const HIDDEN_MS = 100;

function setUp(store: InMemoryEventStore = new InMemoryEventStore()) {
  const clock = new VirtualClock();
  const made = commandServiceOn(store, clock);
  /** The answer to a command that is refused: not before its time. */
  const refusalOf = async (request: CommandRequest) => {
    const answered = { isEarly: true };
    const answer = made.service.execute(request).then(
      () => {
        throw new Error('it was taken');
      },
      (error: unknown) => {
        if (answered.isEarly) throw new Error('it was answered early');
        return (error as ProblemError).problem;
      },
    );
    answer.catch(() => undefined);
    await clock.advance(HIDDEN_MS - 1);
    answered.isEarly = false;
    await clock.advance(1);
    return answer;
  };
  const denials = async () => {
    await made.refusals.settled();
    const now = clock.wall();
    const hour = new Date(now - (now % HOUR_MS)).toISOString();
    const stream = denialStream(deterministicEventId('denials', hour, 0));
    return (await loadOrEmpty(store, stream)).map(({ data }) => data);
  };
  return { ...made, store, clock, refusalOf, denials };
}

const foreign = (problem: object) => ({ ...problem, instanceId: INSTANCE_ID });

describe('a caller who is limited to labels', () => {
  it('does to instances with these labels whatever others do', async () => {
    const { service } = setUp();
    const asLimited = { labels: { ...TEAM, region: 'eu' }, limit: TEAM };
    expect(await service.execute(registration(asLimited))).toMatchObject({ outcome: 'accepted' });
    expect(await service.execute(trigger({ limit: TEAM }))).toMatchObject({ outcome: 'accepted' });
    expect(await service.execute(trigger({ limit: TEAM }))).toMatchObject({ outcome: 'repeated' });
  });

  it('is answered for a foreign instance word by word as for none', async () => {
    const { service, refusalOf } = setUp();
    await service.execute(registration({ labels: { team: 'ledger' } }));
    const commands = [trigger, cancel, (varied: object) => trigger({ ifRevision: 9, ...varied })];
    for (const command of commands) {
      const here = await refusalOf({
        ...command({}),
        caller: { ...command({}).caller, labels: TEAM },
      });
      const nowhere = command({ instanceId: OTHER });
      const none = await refusalOf({ ...nowhere, caller: { ...nowhere.caller, labels: TEAM } });
      expect(here).toMatchObject({ status: 404, code: 'instance-unknown' });
      expect(foreign(none)).toEqual(here);
    }
  });

  it('does not get an answer that was given to a command of others under the same key', async () => {
    const { service, refusalOf } = setUp();
    await service.execute(registration({ labels: { team: 'ledger' } }));
    await service.execute(trigger({ key: 'k' }));
    expect(await refusalOf(trigger({ key: 'k', limit: TEAM }))).toMatchObject({ status: 404 });
  });

  it('leaves no trace at a foreign instance, and one in the denied commands', async () => {
    const { store, service, refusalOf, denials } = setUp();
    await service.execute(registration({ labels: { team: 'ledger' } }));
    await refusalOf(trigger({ limit: TEAM }));
    await refusalOf(trigger({ instanceId: OTHER, limit: TEAM }));
    expect(await loadOrEmpty(store, instanceStream(INSTANCE_ID))).toHaveLength(1);
    expect(await loadOrEmpty(store, refusalStream(INSTANCE_ID))).toEqual([]);
    expect(await denials()).toMatchObject([
      { command: 'RequestUpgrade', transport: 'http', code: 'instance-unknown' },
    ]);
  });

  it('registers instances with these labels alone, and under no id of others', async () => {
    const { service, refusalOf, denials } = setUp();
    await service.execute(registration({ labels: { team: 'ledger' } }));
    for (const instanceId of [OTHER, INSTANCE_ID]) {
      for (const labels of [{}, { team: 'ledger' }]) {
        const outside = service.execute(
          registration({ instanceId, labels, limit: TEAM, key: 'x' }),
        );
        await expect(outside).rejects.toMatchObject(refusedWith('token-limited'));
      }
    }
    const taken = registration({ labels: TEAM, limit: TEAM, key: 'y' });
    expect(await refusalOf(taken)).toMatchObject({ status: 404, code: 'instance-unknown' });
    expect(await denials()).toMatchObject([
      { command: 'RegisterInstance', code: 'token-limited' },
      { command: 'RegisterInstance', code: 'instance-unknown' },
    ]);
  });

  it('is not told whose instance has an environment', async () => {
    const { service, store } = setUp();
    await service.execute(registration({ environment: 'main' }));
    const taken = registration({
      ...{ instanceId: OTHER, environment: 'main' },
      ...{ labels: TEAM, limit: TEAM },
    });
    const error = await service.execute(taken).catch((thrown: unknown) => thrown as ProblemError);
    expect(error).toMatchObject({ problem: { code: 'environment-taken' } });
    expect(JSON.stringify((error as ProblemError).problem)).not.toContain(INSTANCE_ID);
    expect(await loadOrEmpty(store, refusalStream(OTHER))).toEqual([]);
  });

  it('is not told it by what is kept of the refusal of others', async () => {
    const { service, store, refusals } = setUp();
    await service.execute(registration({ environment: 'main' }));
    await service.execute(registration({ instanceId: OTHER, labels: TEAM }));
    const data = { reason: 'moves', requestedBy: 'somebody' };
    const released = trigger({ instanceId: OTHER, key: 'd' });
    await service.execute({ ...released, command: { type: 'DeregisterInstance', data } });
    const taken = registration({ instanceId: OTHER, environment: 'main', key: 'z' });
    const { problem } = await service.execute(taken).then(
      () => ({ problem: null }),
      (thrown: unknown) => thrown as ProblemError,
    );
    expect(problem).toMatchObject({ existingInstanceId: INSTANCE_ID });
    await refusals.settled();
    const kept = await loadOrEmpty(store, refusalStream(OTHER));
    expect(kept).toMatchObject([{ data: { code: 'environment-taken' } }]);
    expect(JSON.stringify(kept.map(({ data: ofEvent }) => ofEvent))).not.toContain(INSTANCE_ID);
  });

  it('is not told that the history of a foreign instance cannot be read', async () => {
    const { service, refusalOf } = setUp(new CutStore());
    await service.execute(registration({ labels: TEAM }));
    await service.execute(registration({ instanceId: OTHER, labels: { team: 'ledger' } }));
    CutStore.cut = OTHER;
    const none = '33333333-3333-4333-8333-333333333333';
    const [gone, unknown] = [
      await refusalOf(trigger({ instanceId: OTHER, limit: TEAM })),
      await refusalOf(trigger({ instanceId: none, limit: TEAM })),
    ];
    expect({ ...gone, instanceId: none }).toEqual(unknown);
    await expect(service.execute(trigger({ instanceId: OTHER }))).rejects.toMatchObject(
      refusedWith('stream-gone'),
    );
  });

  it('reaches an instance by what it was registered with last', async () => {
    const { service, limits } = setUp();
    await service.execute(registration({ labels: TEAM }));
    expect(await limits.covers(TEAM, INSTANCE_ID)).toBe(true);
    const data = { reason: 'moves', requestedBy: 'somebody' };
    const { caller } = registration({ key: 'deregister' });
    const command = { type: 'DeregisterInstance', data } as const;
    await service.execute({ instanceId: INSTANCE_ID, command, content: data, caller });
    expect(await limits.covers(TEAM, INSTANCE_ID)).toBe(true);
    await service.execute(registration({ key: 'again', labels: { team: 'ledger' } }));
    expect(await limits.covers(TEAM, INSTANCE_ID)).toBe(false);
    expect(await limits.covers({ team: 'ledger' }, INSTANCE_ID)).toBe(true);
  });

  it('waits no longer than the store takes, where that is long', async () => {
    const { clock, limits } = setUp();
    const slow = limits.hiding({ limit: TEAM, instanceId: OTHER }, async () => {
      await clock.pause(HIDDEN_MS + 1);
      throw new ProblemError({ ...NOTHING, code: 'instance-unknown' });
    });
    slow.catch(() => undefined);
    await clock.advance(HIDDEN_MS + 1);
    await expect(slow).rejects.toMatchObject(refusedWith('instance-unknown'));
  });
});

const NOTHING = { type: 'x', title: 'x', status: 404, detail: 'x', code: 'x' };

/** One stream of which the first events are gone. */
class CutStore extends InMemoryEventStore {
  static cut = '';

  override loadLast(...read: Parameters<EventStore['loadLast']>) {
    const [stream] = read;
    return stream === instanceStream(CutStore.cut)
      ? Promise.reject(new StreamGoneError(stream, 'deleted'))
      : super.loadLast(...read);
  }
}
