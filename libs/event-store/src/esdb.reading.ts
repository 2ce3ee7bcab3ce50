import type { StreamingRead } from '@eventstore/db-client';
import { withDeadline } from './deadline';

/** All that a finite read finds. Not `for await`: that costs a promise for each event. */
export function collect<T>(read: StreamingRead<T>, timeoutMs: number): Promise<T[]> {
  const found: T[] = [];
  const work = new Promise<T[]>((resolve, reject) => {
    read
      .on('data', (item: T) => found.push(item))
      .on('error', reject)
      .on('end', () => resolve(found));
  });
  return withDeadline(work, timeoutMs, () => {
    read.cancel().catch(() => undefined);
  });
}
