import { randomUUID } from 'node:crypto';
import { instanceStream } from '@uplift/contracts';
import type { RunningStatus } from '@uplift/domain';
import type { EventStoreCounters } from '@uplift/event-store';
import { environmentIdOf, NO_INTERRUPTIONS, verifyChain } from '@uplift/event-store';
import { FaultyEventStore } from '@uplift/event-store/testing';
import { VirtualClock } from '@uplift/runtime/testing';
import {
  cancel,
  commandServiceOn,
  INSTANCE_ID,
  refusedWith,
  registration,
  report,
  trigger,
} from '../testing/command-requests';
import type { CommandRequest } from './command-request';

const STREAM = instanceStream(INSTANCE_ID);
const ILL = 'running-unhealthy';
const MUTE = 'running-unresponsive';
const WELL = 'running-healthy-claimed';

/** Its connection breaks when a test says so. */
class InterruptedStore extends FaultyEventStore {
  interruptions = 0;

  override get counters(): EventStoreCounters {
    return { ...NO_INTERRUPTIONS, interruptions: this.interruptions };
  }
}

/** As the command API registers: the environment that was reserved is named. */
function withItsEnvironment({ command, ...request }: ReturnType<typeof registration>) {
  const { profile } = command.data;
  const data = { ...command.data, environmentId: environmentIdOf(profile) };
  return { ...request, command: { ...command, data } };
}

/** By the instance itself: it cannot repeat it. */
function keyless(request: CommandRequest): CommandRequest {
  return { ...request, caller: { ...request.caller, isKeyless: true } };
}

function deregistration(): CommandRequest {
  const data = { reason: 'shop closed', requestedBy: 'somebody' };
  const { instanceId, caller } = registration({ key: 'deregister' });
  return { instanceId, command: { type: 'DeregisterInstance', data }, content: data, caller };
}

/** Two processes of the command API; the instance was registered `here`. */
async function setUp() {
  const store = new InterruptedStore();
  const clock = new VirtualClock();
  const [here, there] = [0, 1].map(() => commandServiceOn(store, clock, { clock }).service);
  await here!.execute(withItsEnvironment(registration()));
  const asks = () => ({ appends: store.appends, reads: store.loads + store.looks });
  /** What it asks the store for. */
  const asked = async (request: CommandRequest) => {
    const before = asks();
    await here!.execute(request);
    const { appends, reads } = asks();
    return { appends: appends - before.appends, reads: reads - before.reads };
  };
  let keys = 0;
  const reportAt = async (service: typeof here, status: RunningStatus) => {
    keys += 1;
    return service!.execute(report(`report-${keys}`, status));
  };
  const last = async () => (await store.load(STREAM)).at(-1);
  /** The connection breaks, and another command takes note of it. */
  const interrupt = async () => {
    store.interruptions += 1;
    const ofNobody = { ...report('of-nobody', ILL), instanceId: randomUUID() };
    await expect(here!.execute(ofNobody)).rejects.toMatchObject(refusedWith('instance-unknown'));
  };
  return { store, clock, here: here!, there: there!, asked, reportAt, last, interrupt };
}

describe('a command to an instance that this process has left at rest', () => {
  it.each([trigger(), report('report', ILL)])(
    'is carried out without a read: %#',
    async (request) => {
      const { asked } = await setUp();
      expect(await asked(request)).toEqual({ appends: 1, reads: 0 });
    },
  );

  it('is carried out without a read for as long as nobody else has appended', async () => {
    const { asked, store } = await setUp();
    for (const [n, status] of [ILL, MUTE, WELL].entries()) {
      expect(await asked(report(`key-${n}`, status as RunningStatus))).toEqual({
        appends: 1,
        reads: 0,
      });
    }
    expect(await asked(trigger())).toEqual({ appends: 1, reads: 0 });
    expect(verifyChain(await store.load(STREAM))).toMatchObject({ valid: true });
  });

  it('is read first where others go on with an upgrade', async () => {
    const { asked, here } = await setUp();
    await here.execute(trigger());
    expect(await asked(cancel())).toEqual({ appends: 1, reads: 1 });
  });

  it('is read first after half a minute', async () => {
    const { asked, clock } = await setUp();
    await clock.advance(29_999);
    expect(await asked(report('in-time', ILL))).toEqual({ appends: 1, reads: 0 });
    await clock.advance(30_000);
    expect(await asked(report('late', MUTE))).toEqual({ appends: 1, reads: 1 });
  });

  it('is read once, without its earlier commands, where it has no key and leads to nothing', async () => {
    const store = new FaultyEventStore();
    const options = { snapshotEvery: 2, commandsPerPage: 2 };
    const { service: there } = commandServiceOn(store, undefined, options);
    await there.execute(registration());
    for (let n = 0; n < 20; n += 1) await there.execute(report(`k${n}`, n % 2 ? WELL : MUTE));
    const clock = new VirtualClock();
    const { service: here } = commandServiceOn(store, undefined, { ...options, clock });
    await here.execute(keyless(report('ill', ILL)));
    store.loads = 0;
    await here.execute(keyless(report('again', ILL)));
    expect(store.loads).toBe(1);
  });

  it('is read first where an environment is still to be reserved: it may have been removed elsewhere', async () => {
    const store = new FaultyEventStore();
    const [here, there] = [0, 1].map(
      () => commandServiceOn(store, undefined, { clock: new VirtualClock() }).service,
    );
    await here!.execute(registration());
    await there!.execute(deregistration());
    const refused = here!.execute(trigger());
    await expect(refused).rejects.toMatchObject(refusedWith('status-not-allowed'));
    const { events } = await store.readAll(null, 100);
    // The refusal itself is recorded whenever there is time.
    const told = events.filter(({ type }) => type !== 'CommandRefused');
    expect(told.at(-1)).toMatchObject({ type: 'EnvironmentFreed' });
  });

  it('is read, and decided again, where somebody else was faster', async () => {
    const { asked, there, reportAt, last } = await setUp();
    await reportAt(there, MUTE);
    expect(await asked(report('report', ILL))).toEqual({ appends: 2, reads: 1 });
    expect(await last()).toMatchObject({ revision: 2, data: { status: ILL } });
  });
});

describe('what this process knows, and is old,', () => {
  it('refuses nobody', async () => {
    const { here, there, reportAt } = await setUp();
    await reportAt(here, ILL);
    await reportAt(there, WELL);
    expect(await here.execute(trigger())).toMatchObject({ outcome: 'accepted', revision: 3 });
  });

  it('lets nobody through whom the newest state refuses', async () => {
    const { here, there, reportAt, last } = await setUp();
    await reportAt(there, ILL);
    await expect(here.execute(trigger())).rejects.toMatchObject(refusedWith('status-not-allowed'));
    expect(await last()).toMatchObject({ revision: 1 });
  });

  it('is not taken for an effect that is in place', async () => {
    const { here, there, reportAt, last } = await setUp();
    await reportAt(here, ILL);
    await reportAt(there, WELL);
    expect(await reportAt(here, ILL)).toMatchObject({ outcome: 'accepted' });
    expect(await last()).toMatchObject({ revision: 3, data: { status: ILL } });
  });

  it('is not the revision that a caller expects', async () => {
    const { here, there, reportAt } = await setUp();
    await reportAt(there, ILL);
    await reportAt(there, WELL);
    const old = here.execute(trigger({ key: 'old', ifRevision: 0 }));
    await expect(old).rejects.toMatchObject(refusedWith('precondition-failed'));
    expect(await here.execute(trigger({ ifRevision: 2 }))).toMatchObject({ revision: 3 });
  });

  it.each([
    ['and nothing since', []],
    ['and others since', [MUTE, WELL] as const],
  ])('does not hide a command that was given elsewhere, %s', async (_words, since) => {
    const { here, there, reportAt, store } = await setUp();
    const { outcome: _outcome, ...answer } = await there.execute(report('key', ILL));
    for (const status of since) await reportAt(there, status);
    const { length } = await store.load(STREAM);
    const other = here.execute(report('key', MUTE));
    await expect(other).rejects.toMatchObject(refusedWith('idempotency-key-reused'));
    expect(await here.execute(report('key', ILL))).toMatchObject(answer);
    expect(await store.load(STREAM)).toHaveLength(length);
  });
});

describe('an append without a read', () => {
  it('that was not answered is looked for when the command is given again', async () => {
    const { here, store, last } = await setUp();
    store.faults.push('stored');
    const unknown = here.execute(report('key', ILL));
    await expect(unknown).rejects.toMatchObject(refusedWith('event-store-unavailable'));
    const again = await here.execute(report('key', ILL));
    expect(again).toMatchObject({ outcome: 'repeated', revision: 1 });
    expect(await last()).toMatchObject({ revision: 1 });
  });

  it('is refused by a store that was put back to an older copy, and decided on what that has', async () => {
    const { here, reportAt, store } = await setUp();
    const putBack = store.backUp();
    await reportAt(here, ILL);
    putBack();
    expect(await reportAt(here, MUTE)).toMatchObject({ outcome: 'accepted', revision: 1 });
    expect(verifyChain(await store.load(STREAM))).toMatchObject({ valid: true });
  });

  it.each([
    ['behind a broken connection', 0],
    ['after half a minute', 30_000],
  ])('is not tried on an older copy that has come as far, %s', async (_words, ms) => {
    const { here, there, reportAt, store, clock } = await setUp();
    const putBack = store.backUp();
    await reportAt(here, ILL);
    putBack();
    await reportAt(there, MUTE);
    if (ms === 0) store.interruptions += 1;
    await clock.advance(ms);
    expect(await reportAt(here, WELL)).toMatchObject({ outcome: 'accepted', revision: 2 });
    expect(verifyChain(await store.load(STREAM))).toMatchObject({ valid: true });
  });

  it('is not tried on what was read while the store was away, which somebody else has noticed', async () => {
    const { asked, there, reportAt, store, interrupt } = await setUp();
    await reportAt(there, MUTE);
    store.onAnswer.push(interrupt);
    await asked(keyless(report('away', MUTE)));
    expect(await asked(report('back', WELL))).toEqual({ appends: 1, reads: 1 });
  });

  it('is not tried on what was appended while the store was away, which somebody else has noticed', async () => {
    const { here, asked, store, interrupt } = await setUp();
    store.unanswered.push(interrupt);
    await here.execute(report('away', ILL));
    expect(await asked(report('back', WELL))).toEqual({ appends: 1, reads: 1 });
  });

  it.each([
    ['tombstoned', 0],
    ['deleted', 30_000],
    ['truncated', 60_000],
  ] as const)('goes to no stream that was %s, in due time', async (loss, ms) => {
    const { here, reportAt, store, clock } = await setUp();
    await reportAt(here, ILL);
    store.remove(STREAM, loss);
    await clock.advance(ms);
    await expect(reportAt(here, MUTE)).rejects.toMatchObject(refusedWith('stream-gone'));
  });

  it('goes to a deleted stream for no longer than a minute, however many there are', async () => {
    const { reportAt, here, store, clock } = await setUp();
    store.remove(STREAM, 'deleted');
    for (const status of [ILL, MUTE, WELL] as const) {
      await clock.advance(19_999);
      expect(await reportAt(here, status)).toMatchObject({ outcome: 'accepted' });
    }
    await clock.advance(3);
    await expect(reportAt(here, ILL)).rejects.toMatchObject(refusedWith('stream-gone'));
  });
});
