const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Steps of an axis of time, in milliseconds. */
export const TIME_STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7].map((n) => n * DAY),
];

/** For people: two units at most. */
export function duration(ms: number): string {
  const whole = Math.round(ms);
  if (whole < SECOND) return `${whole} ms`;
  if (whole < MINUTE) return `${trimmed(whole / SECOND)} s`;
  if (whole < HOUR) return units(Math.round(whole / SECOND), 60, ['min', 's']);
  if (whole < DAY) return units(Math.round(whole / MINUTE), 60, ['h', 'min']);
  return units(Math.round(whole / HOUR), 24, ['d', 'h']);
}

export function durationOrNone(ms: number | null): string {
  return ms === null ? '–' : duration(ms);
}

function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}

/** `amount` of the smaller unit. */
function units(amount: number, perUnit: number, [large, small]: readonly [string, string]): string {
  const rest = amount % perUnit;
  const first = `${Math.floor(amount / perUnit)} ${large}`;
  return rest === 0 ? first : `${first} ${rest} ${small}`;
}
