import type { Stack } from '../../tools/stack/src';

export interface PollerNumbers {
  /** Builds that the poller follows. */
  readonly followed: number;
  readonly rounds: number;
  readonly roundSeconds: number;
  /** Upper bound of the longest round. */
  readonly longestRound: number;
}

/** What the poller says of itself. */
export async function pollerNumbers(stack: Stack): Promise<PollerNumbers> {
  const port = stack.service('poll-upgrade').port('health');
  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const number = (name: string) =>
    Number(new RegExp(`^uplift_${name} (\\S+)$`, 'm').exec(page)?.[1] ?? 0);
  const rounds = number('poll_round_seconds_count');
  const buckets = page.matchAll(/^uplift_poll_round_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm);
  const longest = [...buckets].find(([, , count]) => Number(count) >= rounds);
  return {
    followed: number('builds_followed'),
    rounds,
    roundSeconds: number('poll_round_seconds_sum'),
    longestRound: Number(longest?.[1]?.replace('+Inf', 'Infinity') ?? NaN),
  };
}
