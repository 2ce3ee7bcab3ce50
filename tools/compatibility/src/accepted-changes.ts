import type { BrokenRule } from './schema-rules';

/** A rule that is broken on purpose, until the contracts are published again. */
export interface AcceptedChange {
  readonly rule: string;
  readonly at: string;
  readonly because: string;
}

export interface Verdict {
  readonly refused: readonly BrokenRule[];
  /** Of accepted changes those that nothing breaks: they hide what comes later. */
  readonly stale: readonly AcceptedChange[];
}

export function verdictOf(
  broken: readonly BrokenRule[],
  accepted: readonly AcceptedChange[],
): Verdict {
  const isSame = (one: AcceptedChange, other: BrokenRule) =>
    one.rule === other.rule && one.at === other.at;
  return {
    refused: broken.filter((rule) => !accepted.some((change) => isSame(change, rule))),
    stale: accepted.filter((change) => !broken.some((rule) => isSame(change, rule))),
  };
}

/** One sentence each: which rule is broken where, and what to do. */
export function sentencesOf({ refused, stale }: Verdict): readonly string[] {
  return [
    ...refused.map(({ rule, at, what }) => `${rule} at ${at}: ${what}`),
    ...stale.map(
      ({ rule, at }) => `nothing breaks ${rule} at ${at}: remove it from the accepted changes`,
    ),
  ];
}
