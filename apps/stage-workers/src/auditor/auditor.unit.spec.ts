import { randomUUID } from 'node:crypto';
import { FINDINGS_STREAM } from '@uplift/contracts';
import type { FindingCommandData } from '@uplift/domain';
import { findingsDecider } from '@uplift/domain';
import {
  AllTail,
  findingIdOf,
  loadOrEmpty,
  StreamHistory,
  SystemCommandHandler,
} from '@uplift/event-store';
import type { Logger } from '@uplift/runtime';
import { SeededRandomness } from '@uplift/runtime/testing';
import { Audited, EPOCH } from '../testing/audited';
import { settled } from '../testing/fleet';
import type { Condition } from './auditor';
import { Auditor } from './auditor';
import { FindingRecorder } from './finding-recorder';

const MINUTE = 60_000;
/** Between two looks at everything. */
const WHOLE = 60 * MINUTE;

class AuditedByMany extends Audited {
  readonly warnings: unknown[] = [];
  beats = 0;
  private readonly running: { stop(): Promise<unknown> }[] = [];

  audit(sharePercent = 100, conditions: readonly Condition[] = []): FindingRecorder {
    const { clock, store, connection: bus } = this;
    const randomness = new SeededRandomness(this.running.length + 1);
    const ports = { clock, randomness };
    const tail = new AllTail(store, ports);
    const streams = new StreamHistory(store, 'stage-workers', 'system', findingsDecider);
    const commands = new SystemCommandHandler(FINDINGS_STREAM, streams, ports);
    const id = `stage-workers/w${this.running.length}/watchdog`;
    const actor = { type: 'system', id } as const;
    const logger = { warn: (fields: unknown) => this.warnings.push(fields) } as unknown as Logger;
    const recorder = new FindingRecorder({ commands, actor, clock, logger });
    // Each auditor closes the store that it was given.
    const own = Object.assign(Object.create(store) as typeof store, {
      close: () => Promise.resolve(),
    });
    const auditor = new Auditor({ store: own, bus, tail }, recorder, conditions, {
      ...{ intervalMs: 5 * MINUTE, wholeMs: WHOLE, newest: 4, sharePercent },
      ...{ ...ports, logger, onBeat: () => void (this.beats += 1) },
    });
    tail.add({ onInstanceEvent: () => undefined });
    tail.start();
    auditor.onApplicationBootstrap();
    this.running.push({
      stop: () => Promise.all([tail.stop(), auditor.onApplicationShutdown()]),
    });
    return recorder;
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.splice(0).map((each) => each.stop()));
  }

  async goOn(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await settled(200);
  }

  async told(): Promise<unknown[]> {
    const events = await loadOrEmpty(this.store, FINDINGS_STREAM);
    return events.map(({ type, data }) => {
      const { kind, subject, count } = data as FindingCommandData['RecordFinding'];
      return type === 'FindingRecorded' ? [kind, subject, count] : type;
    });
  }

  async close(findingId: string): Promise<void> {
    const streams = new StreamHistory(this.store, 'command-api', 'system', findingsDecider);
    const ports = { clock: this.clock, randomness: new SeededRandomness(9) };
    const data = { findingId, requestedBy: 'operator-7', reason: 'ours' };
    const cause = {
      causationId: randomUUID(),
      step: 'CloseFinding',
      correlationId: findingId,
      actor: { type: 'user', id: 'operator-7' },
    } as const;
    await new SystemCommandHandler(FINDINGS_STREAM, streams, ports).handle(
      { command: { type: 'CloseFinding', data }, cause },
      { tries: 1 },
    );
  }
}

describe('the auditor', () => {
  let audited: AuditedByMany;
  let stream: string;

  beforeEach(async () => {
    audited = new AuditedByMany();
    stream = `instance-${randomUUID()}`;
    await audited.append(stream, 9);
    await audited.relay();
  });
  afterEach(() => audited.stop());

  const foreign = () => audited.store.putRaw('ops-test', 'Probe', { a: 1 });
  const flip = (sequence: number) =>
    audited.bus.flip(sequence, (message) => ({ ...message, payload: Buffer.from('{"a":1}') }));

  it('tells once what several of it find, and nothing again after a restart', async () => {
    foreign();
    flip(3);
    const told = [
      ['foreign-events', 'ops', 1],
      ['bus-differs', `${EPOCH}/message 3`, 1],
    ];

    audited.audit();
    audited.audit();
    await audited.goOn(1_000);
    expect(await audited.told()).toEqual(expect.arrayContaining(told));
    await audited.stop();
    const recorder = audited.audit();
    await audited.goOn(10 * MINUTE);

    expect(await audited.told()).toHaveLength(2);
    expect(recorder.openByKind.filter(([, open]) => open > 0)).toEqual([
      ['foreign-events', 1],
      ['bus-differs', 1],
    ]);
    expect(audited.warnings).toHaveLength(2);
  });

  it('finds what is new at each interval, and what has gone bad since with the next whole look', async () => {
    audited.audit();
    await audited.goOn(MINUTE);
    flip(2);
    await audited.append(stream);
    await audited.relay();
    flip(10);
    await audited.goOn(5 * MINUTE);
    expect(await audited.told()).toEqual([['bus-differs', `${EPOCH}/message 10`, 1]]);

    await audited.goOn(WHOLE + 5 * MINUTE);

    expect(await audited.told()).toEqual([
      ['bus-differs', `${EPOCH}/message 10`, 1],
      ['bus-differs', `${EPOCH}/message 2`, 1],
    ]);
  });

  it('tells of what goes on how often it was seen, at most once a minute', async () => {
    audited.audit();
    for (let n = 0; n < 30; n += 1) {
      foreign();
      await audited.goOn(5 * MINUTE);
    }
    const told = (await audited.told()) as [string, string, number][];
    expect(told.map(([, , count]) => count)).toEqual(
      Array.from({ length: told.length }, (_, n) => n + 1),
    );
    expect(told.length).toBeGreaterThan(25);
  });

  it('leaves closed what was closed, until there is more of it', async () => {
    foreign();
    audited.audit();
    await audited.goOn(MINUTE);
    await audited.close(findingIdOf('foreign-events', 'ops'));

    await audited.goOn(2 * (WHOLE + 5 * MINUTE));
    expect(await audited.told()).toEqual([['foreign-events', 'ops', 1], 'FindingClosed']);

    foreign();
    await audited.goOn(5 * MINUTE);
    expect(await audited.told()).toEqual([
      ['foreign-events', 'ops', 1],
      'FindingClosed',
      ['foreign-events', 'ops', 2],
    ]);
  });

  it('tells at once what the tail cannot read', async () => {
    audited.audit();
    await audited.goOn(MINUTE);
    audited.store.putRaw(stream, 'CommandNoted', { command: 'x' });
    await audited.goOn(0);
    await audited.goOn(5 * MINUTE);
    expect(await audited.told()).toEqual([['unreadable-event', stream, 1]]);
  });

  it('tells of what the tail cannot read no more than of anything else', async () => {
    audited.audit();
    await audited.goOn(MINUTE);
    for (let n = 0; n < 120; n += 1) {
      audited.store.putRaw(`instance-${randomUUID()}`, 'CommandNoted', { command: 'x' });
    }
    await audited.goOn(0);
    await audited.goOn(10 * MINUTE);
    const told = (await audited.told()) as [string, string, number][];
    const unread = told.filter(([kind]) => kind === 'unreadable-event');
    expect(unread).toHaveLength(101);
    expect(unread.at(-1)).toEqual(['unreadable-event', '(further ones)', 20]);
  });

  it('tells later what the store does not take now', async () => {
    audited.store.faults.push('lost', 'lost');
    foreign();
    audited.audit();
    await audited.goOn(1_000);
    expect(await audited.told()).toEqual([]);

    await audited.goOn(10 * MINUTE);

    expect(await audited.told()).toEqual([['foreign-events', 'ops', 1]]);
  });

  it('goes on when the bus is back', async () => {
    audited.bus.stop();
    audited.audit();
    flip(2);
    await audited.goOn(MINUTE);
    expect(await audited.told()).toEqual([]);
    audited.bus.start();

    await audited.goOn(5 * MINUTE);

    expect(await audited.told()).toEqual([['bus-differs', `${EPOCH}/message 2`, 1]]);
  });

  const skew = (differs: () => boolean): Condition => ({
    ...{ kind: 'clock-skew', subject: 'w', scope: 'process', ended: 'the clocks agree again' },
    look: () => Promise.resolve(differs() ? { detail: 'The clocks differ', evidence: {} } : null),
  });

  it('leaves open what another process on its host still sees', async () => {
    let differs = true;
    audited.audit(100, [skew(() => differs)]);
    audited.audit(100, [skew(() => false)]);
    await audited.goOn(30 * MINUTE);
    expect(await audited.told()).toEqual([['clock-skew', 'w', 1]]);

    differs = false;
    await audited.goOn(6 * MINUTE);
    expect(await audited.told()).toEqual([['clock-skew', 'w', 1], 'FindingClosed']);
  });

  it('closes when it starts what a process that is gone has left open', async () => {
    audited.audit(100, [skew(() => true)]);
    await audited.goOn(MINUTE);
    await audited.stop();

    audited.audit(100, [skew(() => false)]);
    await audited.goOn(MINUTE);

    expect(await audited.told()).toEqual([['clock-skew', 'w', 1], 'FindingClosed']);
  });

  it('opens and closes a state of things as it comes and goes', async () => {
    let differs = true;
    const condition = skew(() => differs);
    audited.audit(100, [condition]);
    audited.audit(100, [condition]);
    await audited.goOn(30 * MINUTE);
    expect(await audited.told()).toEqual([['clock-skew', 'w', 1]]);

    differs = false;
    await audited.goOn(6 * MINUTE);
    differs = true;
    await audited.goOn(6 * MINUTE);

    expect(await audited.told()).toEqual([
      ['clock-skew', 'w', 1],
      'FindingClosed',
      ['clock-skew', 'w', 2],
    ]);
  });

  it('looks at the whole and at states of things while there is always something new', async () => {
    const look = jest.fn(() => Promise.resolve(null));
    audited.audit(100, [{ kind: 'bus-settings', subject: 'b', scope: 'fleet', ended: 'e', look }]);
    await audited.goOn(MINUTE);
    const { store, clock } = audited;
    const readAll = store.readAll.bind(store);
    jest.spyOn(store, 'readAll').mockImplementation(async (after, limit) => {
      clock.standStill(MINUTE);
      await audited.append(`instance-${randomUUID()}`);
      const page = await readAll(after, limit);
      return { ...page, isEnd: page.events.length === 0 };
    });
    flip(2);
    look.mockClear();
    await audited.goOn(2 * WHOLE);
    expect(look.mock.calls.length).toBeGreaterThan(3);
    expect(await audited.told()).toEqual([['bus-differs', `${EPOCH}/message 2`, 1]]);
  });

  it('beats while one look takes long, and ends in the middle of it', async () => {
    const junk = { subject: 'uplift.evt.v1.instance.x.y', headers: {}, payload: Buffer.of() };
    for (let n = 0; n < 200; n += 1) await audited.send(junk);
    const { clock, connection } = audited;
    const messageAt = connection.messageAt.bind(connection);
    let beats = 0;
    let reads = 0;
    jest.spyOn(connection, 'messageAt').mockImplementation((sequence) => {
      clock.standStill(1_000);
      reads += 1;
      if (reads === 100) {
        ({ beats } = audited);
        void audited.stop();
      }
      return messageAt(sequence);
    });
    audited.audit();
    await audited.goOn(MINUTE);
    expect(beats).toBeGreaterThanOrEqual(100);
    expect(reads).toBe(100);
    expect(audited.warnings).toEqual([]);
  });

  it('works no more than its share of the time, and beats while it rests', async () => {
    await audited.append(stream, 240);
    const { store, clock } = audited;
    const readAll = store.readAll.bind(store);
    let pages = 0;
    jest.spyOn(store, 'readAll').mockImplementation((after) => {
      clock.standStill(40);
      pages += 1;
      return readAll(after, 20);
    });
    const began = clock.monotonic();
    audited.audit(5);
    while (pages < 12) await audited.goOn(100);

    expect((pages * 40) / (clock.monotonic() - began)).toBeLessThan(0.07);
    const { beats } = audited;
    await audited.goOn(MINUTE);
    expect(audited.beats - beats).toBeGreaterThanOrEqual(10);
  });
});
