import type { StreamCut } from './event-store.port';

/** Truncation before a revision that no stream reaches is how the store marks a deleted stream. */
const DELETED = 2 ** 62;

/** The cut that an event of the store itself stands for; null for every other event. */
export function streamCutIn(event: {
  readonly stream: string;
  readonly type: string;
  readonly data: unknown;
  readonly position: bigint;
}): StreamCut | null {
  const { stream, type, position } = event;
  if (type === '$streamDeleted') return { stream, how: 'tombstoned', position };
  if (type !== '$metadata' || !stream.startsWith('$$')) return null;
  const how = cutBy((event.data ?? {}) as Readonly<Record<string, unknown>>);
  return how === null ? null : { stream: stream.slice(2), how, position };
}

function cutBy({ $tb, $maxCount, $maxAge }: Readonly<Record<string, unknown>>) {
  if (Number($tb) >= DELETED) return 'deleted';
  return [$tb, $maxCount, $maxAge].some((limit) => Number(limit) > 0) ? 'truncated' : null;
}
