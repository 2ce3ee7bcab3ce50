import type { InstanceEvent, InstanceSnapshot } from '@uplift/domain';
import { eventOf } from '@uplift/domain';
import { event, INSTANCE_ID, WHOLE_UPGRADE } from '@uplift/domain/testing';
import { findingsOf } from './findings';
import { soundHistory } from './sound-history';

const TRUE_SNAPSHOT: InstanceSnapshot = {
  ...event('InstanceSnapshotTaken').data,
  notesInARow: 0,
  commands: { page: '-e----e-00000000', earlier: [], closed: true },
};

/** What is found of a run with a snapshot behind its registration. */
function findingsWith(changes: Partial<InstanceSnapshot>) {
  const [registered, ...rest] = WHOLE_UPGRADE as [InstanceEvent, ...InstanceEvent[]];
  const taken = eventOf('InstanceSnapshotTaken', { ...TRUE_SNAPSHOT, ...changes });
  return findingsOf(soundHistory([registered, taken, ...rest]), { silenceMs: 60_000 });
}

test('a snapshot of what came before it breaks nothing', () => {
  expect(findingsWith({})).toEqual([]);
});

test('a page of the commands before it, without a state, breaks nothing', () => {
  expect(findingsWith({ state: {} })).toEqual([]);
});

test.each<[string, Partial<InstanceSnapshot>]>([
  [
    'no state and an open page',
    { state: {}, commands: { ...TRUE_SNAPSHOT.commands, closed: false } },
  ],
  ['another state', { state: { ...TRUE_SNAPSHOT.state, claim: null } }],
  ['fewer commands', { commands: { page: '', earlier: [], closed: false } }],
  ['another revision', { commands: { ...TRUE_SNAPSHOT.commands, page: '-e----e-00000001' } }],
  ['a page that is none', { commands: { ...TRUE_SNAPSHOT.commands, earlier: [0] } }],
])('a snapshot of %s is found', (_words, changes) => {
  expect(findingsWith(changes)).toContainEqual({
    promise: 'I-02',
    subject: INSTANCE_ID,
    what: 'revision 1 is a snapshot of something else',
  });
});
