import { eventOf } from './instance.events';
import { failureIn } from './stage-failure';
import type { FailureReason } from './reasons';
import {
  presentReason,
  REASON_CLASSES,
  REASON_ROWS,
  reasonClassOf,
  reasonRow,
  REFUSAL_CAUSES,
  refusalCause,
  RESOLUTION_REFUSALS,
} from './reasons';

const OLD_NAMES = REASON_ROWS.flatMap(([code, { oldNames = [] }]) =>
  oldNames.map((old) => [old, code] as const),
);

describe('the table of reasons', () => {
  it('lets no failure be recorded for a reason without a row', () => {
    const failure = { upgradeId: 'u', attempt: 1, evidence: {}, retryable: true };
    // @ts-expect-error: the reason has no row
    const unknown = failureIn('upgrade-running', { ...failure, reason: 'no-such-reason' });
    expect(reasonClassOf('no-such-reason')).toBe('other');
    const known: FailureReason = 'deployment-failed';
    expect(unknown).not.toEqual(eventOf('UpgradeFailed', { ...failure, reason: known }));
  });

  it.each(REASON_ROWS)('explains %s forwards', (code, row) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(Object.keys(REASON_CLASSES)).toContain(row.class);
    for (const text of [row.sentence, row.whatToDo]) expect(text).toMatch(/^[^.|]{10,}[^.|]$/);
  });

  const refusals = [...Object.entries(REFUSAL_CAUSES), ...Object.entries(RESOLUTION_REFUSALS)];
  it.each(refusals)('explains the refusal %s', (_cause, row) => {
    for (const text of [row.sentence, row.whatToDo]) expect(text).toMatch(/^[^.|]{10,}[^.|]$/);
  });

  it.each([
    ['quota', true],
    ['toString', false],
    [undefined, false],
  ])('knows the cause %s of a refusal: %s', (cause, isKnown) =>
    expect(refusalCause(cause) !== null).toBe(isKnown),
  );

  it.each(OLD_NAMES)('knows "%s" of old histories as %s', (old, code) => {
    expect(presentReason(old)).toBe(code);
    expect(reasonRow(old)).toBe(reasonRow(code));
  });

  it('uses no name twice', () => {
    const names = [...REASON_ROWS.map(([code]) => code), ...OLD_NAMES.map(([old]) => old)];
    expect(new Set(names).size).toBe(names.length);
  });

  it('knows an old reason that ended in details', () => {
    expect(presentReason('Probe target refused: it is an IP address')).toBe('probe-refused');
  });

  it.each(['', 'toString', 'constructor', 'of another version: 7'])(
    'leaves "%s" as it is, and calls its class other',
    (reason) => {
      expect(presentReason(reason)).toBe(reason);
      expect(reasonRow(reason)).toBeNull();
      expect(reasonClassOf(reason)).toBe('other');
    },
  );
});
