import { fold } from '../decider';
import { evolveFinding, findingIdIn } from '../views/finding.view';
import type { FindingView } from '../views/finding.view';
import type { FindingCommand } from './findings';
import { findingsDecider, FindingUnknownError } from './findings';
import type { SystemEvent } from './system.events';

const about = {
  findingId: 'f-1',
  kind: 'foreign-events',
  subject: 'ops',
  detail: 'Events of other programs',
  evidence: { stream: 'ops-test' },
} as const;
const asked = { requestedBy: 'operator-7', reason: 'a tool of ours' };

const record = (count: number | null): FindingCommand => ({
  type: 'RecordFinding',
  data: { ...about, count },
});
const close: FindingCommand = { type: 'CloseFinding', data: { findingId: 'f-1', ...asked } };
const recorded = (count: number): SystemEvent => ({
  type: 'FindingRecorded',
  data: { ...about, count },
});
const closed: SystemEvent = { type: 'FindingClosed', data: { findingId: 'f-1', ...asked } };
const noted: SystemEvent = { type: 'CommandNoted', data: { command: 'CloseFinding' } };

const decided = (command: FindingCommand, ...events: SystemEvent[]) =>
  findingsDecider.decide(command, fold(findingsDecider, events));

describe('a finding', () => {
  it.each([
    ['for the first time', record(3), [], [recorded(3)]],
    ['oftener than before', record(4), [recorded(3)], [recorded(4)]],
    ['oftener than before it was closed', record(4), [recorded(3), closed], [recorded(4)]],
    ['as a state, for the first time', record(null), [], [recorded(1)]],
    ['as a state that had ended', record(null), [recorded(1), closed], [recorded(2)]],
  ])('is recorded %s', (_when, command, history, expected) => {
    expect(decided(command, ...history)).toEqual(expected);
  });

  it.each([
    ['what another auditor has told', record(3), [recorded(3)]],
    ['what an auditor that begins anew has not seen all of', record(1), [recorded(3)]],
    ['what was closed, and no more of it', record(3), [recorded(3), closed]],
    ['a state that lasts', record(null), [recorded(1)]],
    ['a close of what is closed', close, [recorded(1), closed]],
  ])('stays quiet on %s', (_what, command, history) => {
    expect(decided(command, ...history)).toEqual([]);
  });

  it('is closed by whoever has looked after it', () => {
    expect(decided(close, recorded(3), noted)).toEqual([closed]);
  });

  it.each([[[]], [[closed]]])('that nobody has found cannot be closed', (history) => {
    expect(() => decided(close, ...history)).toThrow(FindingUnknownError);
  });
});

describe('what is shown of a finding', () => {
  const shown = (...events: SystemEvent[]) =>
    events.reduce<FindingView | null>(
      (view, event, n) => evolveFinding(view, { event, at: 1_000 + n }),
      null,
    );

  it('is since when, how often, and whether somebody has looked after it', () => {
    const open = { open: true, closedAt: null, closedBy: null, closeReason: null };
    const closing = { closedAt: 1_002, closedBy: 'operator-7', closeReason: 'a tool of ours' };
    const times = { firstAt: 1_000, lastAt: 1_001 };

    expect(shown(recorded(1), recorded(4))).toEqual({ ...about, count: 4, ...open, ...times });
    expect(shown(recorded(1), recorded(4), closed, noted)).toEqual({
      ...{ ...about, count: 4, ...times },
      ...{ open: false, ...closing },
    });
    expect(shown(recorded(1), closed, recorded(2))).toMatchObject({ ...open, firstAt: 1_000 });
    expect(shown(closed)).toBeNull();
  });

  it('belongs to the finding that the event names', () => {
    expect([recorded(1), closed, noted].map((event) => findingIdIn({ event }))).toEqual([
      'f-1',
      'f-1',
      null,
    ]);
  });
});
