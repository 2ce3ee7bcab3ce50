import type { FaultKind, FaultNeed } from './fault-plan';
import { neededBy } from './fault-plan';
import { OLDER_COMMIT, olderBuild } from './older-build';

/** Kinds of faults that this machine, or this clone, cannot do, each with the reason. */
export async function notMetBy(
  kinds: readonly FaultKind[],
): Promise<ReadonlyMap<FaultKind, string>> {
  const isAskedFor = (need: FaultNeed) => kinds.some((kind) => neededBy(kind) === need);
  const hasOlder = isAskedFor('older-build') && (await olderBuild()) !== null;
  const reasons = {
    root: process.getuid?.() === 0 ? null : 'only root may mount small file systems',
    'older-build': hasOlder ? null : `this clone does not have commit ${OLDER_COMMIT}`,
  };
  return new Map(
    kinds.flatMap((kind) => {
      const need = neededBy(kind);
      const reason = need && reasons[need];
      return reason ? [[kind, reason] as const] : [];
    }),
  );
}
