import type { StoredEvent } from '@uplift/contracts';
import type { InstanceEvent } from '@uplift/domain';
import { eventOf } from '@uplift/domain';
import { BUILD, event, MARKER, upTo, WHOLE_UPGRADE } from '@uplift/domain/testing';
import { findingsOf } from './findings';
import type { BusRecord, ClientOperation, Limits, RunHistory } from './run-history';
import { messageOf, soundHistory, storedAs } from './sound-history';

const LIMITS = { silenceMs: 60_000 };
const SOUND = soundHistory();
const [REGISTERED, REQUESTED] = SOUND.client as [ClientOperation, ClientOperation];
const CANCEL = event('UpgradeCancelRequested');
const OTHER_BUILD = 'lagoon-build-zzz';

/** The promises that a history breaks. */
const broken = (history: RunHistory, limits: Limits = LIMITS) => [
  ...new Set(findingsOf(history, limits).map(({ promise }) => promise)),
];

const withStore = (change: (store: StoredEvent[]) => StoredEvent[]): RunHistory => ({
  store: change([...SOUND.store]),
});

const having = (changes: Partial<RunHistory>): RunHistory => ({ ...SOUND, ...changes });

const later = (operation: ClientOperation, changes: Partial<ClientOperation>): ClientOperation => ({
  ...operation,
  invokedAt: 5_000,
  completedAt: 5_010,
  ...changes,
});

const refused = { kind: 'refused', code: 'upgrade-in-flight' } as const;
const unknown = { kind: 'unknown', code: 'timeout' } as const;

/** A deployment whose call was made again after `between`. */
function calledTwice(...between: readonly InstanceEvent[]): readonly InstanceEvent[] {
  const again = event('DeploymentRequested', { callNo: 2 });
  return [...upTo('DeploymentRequested'), ...between, again, ...after('DeploymentRequested')];
}

function after(type: InstanceEvent['type']): readonly InstanceEvent[] {
  return WHOLE_UPGRADE.slice(upTo(type).length);
}

function between(type: InstanceEvent['type'], last: InstanceEvent['type']) {
  return upTo(last).slice(upTo(type).length);
}

describe('a run that kept every promise', () => {
  it('has no findings', () => {
    expect(findingsOf(SOUND, LIMITS)).toEqual([]);
  });

  it('is judged by what there is of it', () => {
    expect(findingsOf({ store: SOUND.store }, LIMITS)).toEqual([]);
    expect(findingsOf({ store: [] }, LIMITS)).toEqual([]);
  });

  it.each<[string, RunHistory]>([
    ['a key that is repeated', having({ client: [...SOUND.client!, later(REQUESTED, {})] })],
    [
      'a key whose first answer was lost',
      having({ client: [later(REQUESTED, { invokedAt: 0, answer: unknown }), ...SOUND.client!] }),
    ],
    [
      'a command that was refused',
      having({
        client: [
          ...SOUND.client!,
          later(REQUESTED, { key: 'other', commandId: 'other', answer: refused }),
        ],
      }),
    ],
    [
      'a bus that was filled anew',
      having({
        bus: [
          ...SOUND.bus!.slice(0, 5).map((record) => ({ ...record, epoch: 'epoch-0' })),
          ...SOUND.bus!.map((record) => ({ ...record, sequence: record.sequence + 5 })),
        ],
      }),
    ],
    ['a read model that is behind', rowsAt(3)],
    [
      'a call that was proved not to have landed, and was repeated',
      soundHistory(calledTwice(event('CallNotLanded'))),
    ],
    ['a call that was refused, and was repeated', soundHistory(calledTwice(event('CallRefused')))],
    [
      'a late landing that is told',
      {
        ...soundHistory([
          ...calledTwice(event('CallNotLanded')).slice(0, 9),
          event('DeploymentAccepted', { callNo: 2 }),
          event('DuplicateBuildDetected', { builds: [OTHER_BUILD, BUILD] }),
          ...after('DeploymentAccepted'),
        ]),
        ledger: { builds: twoBuilds(), tasks: [], cancels: [] },
      },
    ],
    [
      'a cancel that lost, and says so',
      soundHistory([
        ...upTo('DeploymentProgressed'),
        CANCEL,
        event('UpgradeCancelTooLate'),
        ...after('DeploymentProgressed'),
      ]),
    ],
    [
      'a script after a cancel that lost, and says so',
      soundHistory([
        ...upTo('DeploymentProgressed'),
        CANCEL,
        event('UpgradeCancelTooLate'),
        ...between('DeploymentProgressed', 'PostUpgradeStarted'),
        event('ScriptRequested', { step: 'post-upgrade' }),
        event('ScriptAccepted', { step: 'post-upgrade' }),
        ...after('PostUpgradeStarted'),
      ]),
    ],
    [
      'a forged event',
      {
        store: [...SOUND.store, { ...SOUND.store[3]!, id: 'forged', revision: 14, position: 999n }],
        forged: new Set(['forged']),
      },
    ],
    [
      'a store that was put back with leave',
      {
        ...soundHistory(upTo('InstanceRegistered')),
        client: SOUND.client!,
        ledger: SOUND.ledger!,
        restores: [{ at: 900, lost: SOUND.store.slice(1) }],
      },
    ],
  ])('has none with %s', (_, history) => {
    expect(findingsOf(history, LIMITS)).toEqual([]);
  });
});

describe('a run that broke a promise', () => {
  it.each<[string, string, RunHistory]>([
    [
      'I-01',
      'an acknowledged command is not in the store',
      having({
        store: SOUND.store.slice(0, 1),
        bus: [],
        ledger: { builds: [], tasks: [], cancels: [] },
      }),
    ],
    [
      'I-01',
      'a command was acknowledged with the event of another',
      having({ client: [{ ...REGISTERED, commandId: 'another' }] }),
    ],
    [
      'I-01',
      'a command stands behind one that was sent after its answer',
      having({ client: [{ ...REGISTERED, invokedAt: 900 }, REQUESTED] }),
    ],
    [
      'I-02',
      'a key has two answers',
      having({
        client: [
          ...SOUND.client!,
          later(REQUESTED, { answer: { ...accepted(REQUESTED), upgradeId: 'another' } }),
        ],
      }),
    ],
    [
      'I-02',
      'two keys have one event',
      having({ client: [...SOUND.client!, later(REQUESTED, { key: 'other' })] }),
    ],
    ['I-02', 'an event is stored twice', withStore((store) => [...store, store[0]!])],
    [
      'I-02',
      'a command is stored twice',
      soundHistory([...WHOLE_UPGRADE, ...WHOLE_UPGRADE.slice(1)]),
    ],
    [
      'I-03',
      'a refused command left an event',
      having({ client: [{ ...REQUESTED, answer: refused }] }),
    ],
    [
      'I-05',
      'an event cannot follow',
      withStore(() => storedAs([...upTo('UpgradeRequested'), event('UpgradeCompleted')])),
    ],
    ['I-07', 'the bus lacks the last event', having({ bus: SOUND.bus!.slice(0, -1) })],
    ['I-07', 'the bus is empty', having({ bus: [] })],
    [
      'I-07',
      'a message is left out',
      having({ bus: SOUND.bus!.filter(({ ordinal }) => ordinal !== 4) }),
    ],
    [
      'I-07',
      'a message is left out, and nobody counted it',
      having({ bus: SOUND.store.filter((_, n) => n !== 3).map(messageOf) }),
    ],
    [
      'I-07',
      'a message came twice',
      having({ bus: [...SOUND.bus!, { ...SOUND.bus!.at(-1)!, sequence: 15, ordinal: 15 }] }),
    ],
    [
      'I-07',
      'an earlier epoch has an event that the store never had',
      having({ bus: [{ ...SOUND.bus![0]!, epoch: 'epoch-0', eventId: 'forged' }, ...SOUND.bus!] }),
    ],
    [
      'I-07',
      'an earlier epoch was in another order',
      having({ bus: [...inEpoch('epoch-0', [1, 0]), ...SOUND.bus!] }),
    ],
    [
      'I-01',
      'an event is gone that was acknowledged after the store was put back',
      {
        ...soundHistory(upTo('InstanceRegistered')),
        client: SOUND.client!,
        restores: [{ at: 50, lost: SOUND.store.slice(1) }],
      },
    ],
    [
      'I-13',
      'an attempt was built twice',
      having({ ledger: { builds: twoBuilds(), tasks: [], cancels: [] } }),
    ],
    [
      'I-13',
      'an attempt was built twice after a call that was surely refused',
      {
        ...soundHistory(calledTwice(event('CallRefused'))),
        ledger: { builds: twoBuilds(), tasks: [], cancels: [] },
      },
    ],
    ['I-13', 'a call was repeated while it may land', soundHistory(calledTwice())],
    [
      'I-13',
      'a call was repeated when nobody could tell what became of it',
      soundHistory(calledTwice(event('CallAmbiguous'))),
    ],
    [
      'I-14',
      'a late landing is not told',
      {
        ...soundHistory(calledTwice(event('CallNotLanded'))),
        ledger: { builds: twoBuilds(), tasks: [], cancels: [] },
      },
    ],
    [
      'I-15',
      'Lagoon built what nobody had written down',
      having({
        ledger: { builds: [{ marker: 'uplift-another-1', name: BUILD }], tasks: [], cancels: [] },
      }),
    ],
    [
      'I-15',
      'Lagoon built before it was written down',
      having({
        ledger: { builds: [{ marker: MARKER, name: BUILD, at: 0 }], tasks: [], cancels: [] },
      }),
    ],
    ['I-15', 'an intent has no outcome', soundHistory(upTo('DeploymentRequested'))],
    [
      'I-17',
      'something is begun after the cancel',
      soundHistory([...upTo('UpgradeStarted'), CANCEL, ...after('UpgradeStarted')]),
    ],
    [
      'I-17',
      'a cancel lost in silence',
      soundHistory([...upTo('DeploymentProgressed'), CANCEL, ...after('DeploymentProgressed')]),
    ],
    ['I-20', 'an upgrade stands still', soundHistory(upTo('UpgradePending'))],
    ['I-20', 'an upgrade went on after a long silence', silentFor(61_000)],
    [
      'I-22',
      'a stage was redriven a fourth time',
      soundHistory([...upTo('UpgradePending'), ...redriven(4), ...after('UpgradePending')]),
    ],
    [
      'I-27',
      'a row differs from the events',
      having({
        rows: {
          ...SOUND.rows!,
          instances: SOUND.rows!.instances.map((row) => ({ ...row, status: 'upgrade-failed' })),
        },
      }),
    ],
    ['I-27', 'an instance has no row', having({ rows: { ...SOUND.rows!, instances: [] } })],
    [
      'I-27',
      'a row has no instance',
      having({
        rows: {
          ...SOUND.rows!,
          instances: [...SOUND.rows!.instances, { ...SOUND.rows!.instances[0]!, instanceId: 'x' }],
        },
      }),
    ],
    ['I-31', 'an event was taken out', withStore((store) => store.filter((_, n) => n !== 2))],
    [
      'I-31',
      'an event was changed',
      withStore((store) =>
        store.map((one, n) => (n === 1 ? { ...one, data: { ...one.data, reason: 'x' } } : one)),
      ),
    ],
    [
      'I-31',
      'positions go back',
      withStore((store) => store.map((one, n) => (n === 5 ? { ...one, position: 1n } : one))),
    ],
  ])('breaks %s when %s', (promise, _, history) => {
    expect(broken(history)).toContain(promise);
  });

  it('is told by promise, subject and words', () => {
    const ledger = { builds: twoBuilds(), tasks: [], cancels: [] };
    expect(findingsOf(having({ ledger }), LIMITS)).toContainEqual({
      promise: 'I-13',
      subject: MARKER,
      what: `Lagoon has 2: ${BUILD}, ${OTHER_BUILD}`,
    });
  });
});

describe('a late landing that is told', () => {
  const proved = soundHistory(calledTwice(event('CallNotLanded')));

  it('is a second build all the same where every call lands in time', () => {
    const history = { ...proved, ledger: { builds: twoBuilds(), tasks: [], cancels: [] } };
    expect(broken(history)).not.toContain('I-13');
    expect(broken(history, { ...LIMITS, landsInTime: true })).toContain('I-13');
  });
});

describe('an upgrade in flight', () => {
  const waiting = event('WaitingFor', {
    target: 'lagoon:eu-1',
    since: '2026-03-01T10:00:00.000Z',
    stage: 'upgrade',
  });

  it('has to end, whatever it waits for', () => {
    expect(broken(soundHistory([...upTo('UpgradePending'), waiting]))).toContain('I-20');
    expect(broken(soundHistory(upTo('UpgradePending')))).toContain('I-20');
  });
});

function accepted({ answer }: ClientOperation) {
  if (answer.kind !== 'accepted') throw new TypeError('not accepted');
  return answer;
}

/** These messages of the bus, numbered anew. */
function inEpoch(epoch: string, places: readonly number[]): BusRecord[] {
  return places.map((place, n) => ({ ...SOUND.bus![place]!, epoch, ordinal: n + 1 }));
}

function twoBuilds() {
  return [BUILD, OTHER_BUILD].map((name) => ({ marker: MARKER, name }));
}

/** By the watchdog. */
function redriven(times: number): InstanceEvent[] {
  const { workOrder, stage } = event('StageRedriven').data;
  const data = { workOrder, stage };
  return Array.from({ length: times }, (_, n) => eventOf('StageRedriven', { ...data, n: n + 1 }));
}

/** The read model as it was after the first events. */
function rowsAt(count: number): RunHistory {
  const { rows } = soundHistory(WHOLE_UPGRADE.slice(0, count));
  return having({ rows: rows! });
}

function silentFor(ms: number): RunHistory {
  return withStore((store) =>
    store.map((one, n) => {
      const recordedAt = new Date(Date.parse(one.recordedAt) + (n < 6 ? 0 : ms)).toISOString();
      return { ...one, recordedAt };
    }),
  );
}
