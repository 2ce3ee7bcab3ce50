import type { StreamView } from '../log/record-log.port';
import type { RecentIds } from './recent-ids';
import { isSoftDeleted, metadataStreamOf, streamMetadataOf } from './stream-metadata';
import type { StreamFacts } from './version-check';

export function streamFactsOf(view: StreamView, recent: RecentIds, stream: string): StreamFacts {
  return {
    last: view.lastRevision(stream),
    isSoftDeleted: isSoftDeleted(streamMetadataOf(view, stream)),
    hasMetadata: view.lastRevision(metadataStreamOf(stream)) !== -1,
    idAt: (revision) => view.recordAt(stream, revision)?.id,
    recentRevision: (id) => recent.revisionOf(stream, id),
  };
}
