import { leavesNothing } from './commands.rules';
import { factsOf } from './facts';
import type { ClientAnswer } from './run-history';
import { soundHistory } from './sound-history';

const SOUND = soundHistory();
const [REGISTERED, REQUESTED] = SOUND.client!;
const UNKNOWN: ClientAnswer = { kind: 'unknown', code: 'timeout' };

/** Of one sending that was refused from 115 to 120 ms, and one that has another answer. */
interface Sendings {
  /** When the other one was sent, milliseconds. */
  readonly at: number;
  readonly answer?: ClientAnswer;
  readonly isPassing?: boolean;
  /** When the event was seen that the command left, milliseconds. */
  readonly seenAt: number;
}

function breachesOf({ at, answer = UNKNOWN, isPassing = false, seenAt }: Sendings) {
  const refused = { kind: 'refused', code: 'upgrade-in-flight', isPassing } as const;
  const other = { ...REQUESTED!, invokedAt: at, completedAt: at + 30, answer };
  const refusal = { ...REQUESTED!, invokedAt: 115, completedAt: 120, answer: refused };
  const times = SOUND.store.map(({ id, revision }) => [id, revision === 1 ? seenAt : 0] as const);
  return leavesNothing(
    factsOf({ ...SOUND, client: [REGISTERED!, other, refusal], seenAt: new Map(times) }),
  );
}

describe('an event of a command that was refused', () => {
  it.each<[string, Sendings]>([
    ['its first sending arrived after the refusal', { at: 100, seenAt: 121 }],
    ['it was sent twice at once, and the other arrived later', { at: 116, seenAt: 121 }],
    ['it was sent again after a passing refusal', { at: 125, isPassing: true, seenAt: 130 }],
    [
      'it was sent again after a passing refusal, and accepted',
      { at: 125, isPassing: true, answer: REQUESTED!.answer, seenAt: 130 },
    ],
  ])('may be there if %s', (_, sendings) => {
    expect(breachesOf(sendings)).toEqual([]);
  });

  it.each<[string, Sendings]>([
    ['it was done before', { at: 100, seenAt: 119 }],
    ['the refusal was for good', { at: 125, seenAt: 130 }],
    ['it was done before a passing refusal', { at: 100, isPassing: true, seenAt: 119 }],
  ])('is a breach if %s', (_, sendings) => {
    expect(breachesOf(sendings)).toHaveLength(1);
  });

  it('is told with each sending and its answer', () => {
    const [breach] = breachesOf({ at: 100, seenAt: 119 });
    expect(breach!.what).toContain(
      'left UpgradeRequested at 1: unknown timeout 100 to 130, refused upgrade-in-flight 115 to 120; seen at 119',
    );
  });
});
