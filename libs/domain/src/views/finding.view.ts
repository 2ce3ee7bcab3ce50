import type { Finding, RecordedSystemEvent } from '../system/system.events';

/** A finding as it was told last. Times in milliseconds since 1970. */
export interface FindingView extends Finding {
  readonly open: boolean;
  readonly firstAt: number;
  readonly lastAt: number;
  /** Null while it is open. */
  readonly closedAt: number | null;
  readonly closedBy: string | null;
  readonly closeReason: string | null;
}

const OPEN = { open: true, closedAt: null, closedBy: null, closeReason: null };

/** The finding that an event is about; null for an event of another kind. */
export function findingIdIn({ event }: Pick<RecordedSystemEvent, 'event'>): string | null {
  const { type, data } = event;
  return type === 'FindingRecorded' || type === 'FindingClosed' ? data.findingId : null;
}

/** Folds one event into what is shown of its finding; null before the finding was recorded. */
export function evolveFinding(
  view: FindingView | null,
  { event, at }: Pick<RecordedSystemEvent, 'event' | 'at'>,
): FindingView | null {
  if (event.type === 'FindingRecorded') {
    return { ...event.data, ...OPEN, firstAt: view?.firstAt ?? at, lastAt: at };
  }
  if (event.type !== 'FindingClosed' || view === null) return view;
  const { requestedBy: closedBy, reason: closeReason } = event.data;
  return { ...view, open: false, closedAt: at, closedBy, closeReason };
}
