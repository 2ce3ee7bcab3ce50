import { TOMBSTONE_REVISION } from '../persistence/record-log.port';
import type { DeleteKind, ExpectedVersion } from './append-request';

/** The stream as assigned so far, what waits for its commit included. */
export interface StreamFacts {
  readonly last: number;
  readonly isSoftDeleted: boolean;
  readonly hasMetadata: boolean;
  idAt(revision: number): string | undefined;
  /** Revision at which this stream recently received an event of that id. */
  recentRevision(id: string): number | undefined;
}

export type Verdict =
  | { readonly kind: 'write' }
  | { readonly kind: 'repeat'; readonly revision: number }
  | { readonly kind: 'wrong-version' }
  | { readonly kind: 'stream-deleted' };

const WRITE: Verdict = { kind: 'write' };
const WRONG_VERSION: Verdict = { kind: 'wrong-version' };
const STREAM_DELETED: Verdict = { kind: 'stream-deleted' };

/** Decides whether an append is written, recognised as a repeat, or refused. */
export function checkVersion(
  expected: ExpectedVersion,
  ids: readonly string[],
  facts: StreamFacts,
): Verdict {
  if (facts.last === TOMBSTONE_REVISION) return STREAM_DELETED;
  if (expected === 'any') return checkRecentIds(ids, facts);
  if (expected === 'stream-exists') return refusalAsMissing(facts) ?? checkRecentIds(ids, facts);
  const revision = revisionOf(expected);
  if (revision === facts.last) return WRITE;
  return revision > facts.last ? WRONG_VERSION : checkStoredIds(revision, ids, facts);
}

export function checkDelete(
  kind: DeleteKind,
  expected: ExpectedVersion,
  facts: StreamFacts,
): Verdict {
  if (facts.last === TOMBSTONE_REVISION) return STREAM_DELETED;
  if (typeof expected === 'number') return expected === facts.last ? WRITE : WRONG_VERSION;
  return DELETE_CHECKS[expected](facts, kind);
}

const DELETE_CHECKS = {
  any: (facts: StreamFacts, kind: DeleteKind) =>
    kind === 'soft' && neverExisted(facts) ? WRONG_VERSION : WRITE,
  'stream-exists': (facts: StreamFacts) => refusalAsMissing(facts) ?? WRITE,
  'no-stream': (facts: StreamFacts) => (isGone(facts) ? WRITE : WRONG_VERSION),
};

/** Metadata only, or soft-deleted. */
function isGone(facts: StreamFacts): boolean {
  return facts.isSoftDeleted || (facts.last === -1 && facts.hasMetadata);
}

function revisionOf(expected: number | 'no-stream'): number {
  return expected === 'no-stream' ? -1 : expected;
}

function refusalAsMissing(facts: StreamFacts): Verdict | undefined {
  if (facts.isSoftDeleted) return STREAM_DELETED;
  return neverExisted(facts) ? WRONG_VERSION : undefined;
}

function neverExisted(facts: StreamFacts): boolean {
  return facts.last === -1 && !facts.hasMetadata;
}

function checkRecentIds(ids: readonly string[], facts: StreamFacts): Verdict {
  const revisions = ids.map((id) => facts.recentRevision(id));
  if (revisions[0] === undefined) return WRITE;
  const last = revisions.at(-1);
  if (last === undefined || revisions.includes(undefined)) return WRONG_VERSION;
  return { kind: 'repeat', revision: last };
}

function checkStoredIds(revision: number, ids: readonly string[], facts: StreamFacts): Verdict {
  const mismatch = ids.findIndex((id, offset) => facts.idAt(revision + 1 + offset) !== id);
  if (ids.length > 0 && mismatch === -1) return { kind: 'repeat', revision: revision + ids.length };
  const startsAnew = mismatch === 0 && revision === -1 && facts.isSoftDeleted;
  return startsAnew ? WRITE : WRONG_VERSION;
}
