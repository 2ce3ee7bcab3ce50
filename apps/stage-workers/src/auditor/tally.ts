import type { Evidence, Finding, FindingKind } from '@uplift/domain';
import { findingIdOf } from '@uplift/event-store';

/** Something that an audit came upon. */
export interface Observation {
  readonly kind: FindingKind;
  readonly subject: string;
  readonly detail: string;
  readonly evidence: Evidence;
  /** Places at once; 1 if absent. */
  readonly count?: number;
}

/** Subjects of one kind that are told one by one. */
const MOST_SUBJECTS = 100;
/** What stands for all further ones. */
const FURTHER = '(further ones)';
const LONGEST_TEXT = 200;

/** What one audit has come upon, added up: the same for everybody who has looked at the same places. */
export class Tally {
  private readonly findings = new Map<string, Finding>();
  private readonly subjects = new Map<FindingKind, number>();
  private changed = new Set<string>();

  add({ kind, subject, detail, evidence, count = 1 }: Observation): void {
    const about = this.subjectOf(kind, shown(subject));
    const findingId = findingIdOf(kind, about);
    const before = this.findings.get(findingId)?.count ?? 0;
    const told = { findingId, kind, subject: about, detail: shown(detail), evidence };
    this.findings.set(findingId, { ...told, count: before + count });
    this.changed.add(findingId);
  }

  /** What was added to since the last call. */
  takeChanged(): readonly Finding[] {
    const { changed } = this;
    this.changed = new Set();
    return [...changed].flatMap((findingId) => this.findings.get(findingId) ?? []);
  }

  private subjectOf(kind: FindingKind, subject: string): string {
    if (this.findings.has(findingIdOf(kind, subject))) return subject;
    const known = this.subjects.get(kind) ?? 0;
    if (known >= MOST_SUBJECTS) return FURTHER;
    this.subjects.set(kind, known + 1);
    return subject;
  }
}

/** Names that other programs have made up, as far as everybody can store and print them. */
export function shown(text: string): string {
  const short = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  return short.replace(/[\p{Cc}\p{Cs}]/gu, '?') || '?';
}
