import { TOMBSTONE_REVISION } from '../log/log-record';
import type { ExpectedVersion } from './append-request';
import type { StreamFacts, Verdict } from './version-check';

/** Soft: hidden until somebody appends again. Tombstone: for good. */
export type DeleteKind = 'soft' | 'tombstone';

type DeleteVerdict = Exclude<Verdict, { kind: 'repeat' }>;

const WRITE: DeleteVerdict = { kind: 'write' };
const WRONG_VERSION: DeleteVerdict = { kind: 'wrong-version' };
const STREAM_DELETED: DeleteVerdict = { kind: 'stream-deleted' };

export function checkDelete(
  kind: DeleteKind,
  expected: ExpectedVersion,
  facts: StreamFacts,
): DeleteVerdict {
  if (facts.last === TOMBSTONE_REVISION) return STREAM_DELETED;
  if (expected === 'any') return kind === 'soft' && neverExisted(facts) ? WRONG_VERSION : WRITE;
  if (expected === 'stream-exists') return checkExistence(facts);
  const revision = expected === 'no-stream' ? -1 : expected;
  return revision === facts.last ? WRITE : WRONG_VERSION;
}

function checkExistence(facts: StreamFacts): DeleteVerdict {
  if (facts.isSoftDeleted) return STREAM_DELETED;
  return neverExisted(facts) ? WRONG_VERSION : WRITE;
}

function neverExisted(facts: StreamFacts): boolean {
  return facts.last === -1 && !facts.hasMetadata;
}
