import { isStoreInOrder } from './bus.rules';
import {
  hasOneResult,
  isInRealTimeOrder,
  isKept,
  isStoredOnce,
  leavesNothing,
} from './commands.rules';
import {
  hasOutcome,
  isBuiltOnce,
  isCancelKept,
  isDuplicateTold,
  isIntended,
  isRepeatedOnProof,
} from './effects.rules';
import type { Breach, Facts } from './facts';
import { factsOf } from './facts';
import { isNeverSilent, isOver, isRedrivenSeldom } from './progress.rules';
import { isFold } from './read-model.rules';
import type { Finding, Limits, RunHistory } from './run-history';
import { isLegalPath, isLinked, isTrueSnapshot } from './streams.rules';

type Rule = (facts: Facts, limits: Limits) => readonly Breach[];

/** What is checked of each promise. */
const RULES: readonly (readonly [promise: string, rule: Rule])[] = [
  ['I-01', isKept],
  ['I-01', isInRealTimeOrder],
  ['I-02', hasOneResult],
  ['I-02', isStoredOnce],
  ['I-03', leavesNothing],
  ['I-02', isTrueSnapshot],
  ['I-05', isLegalPath],
  ['I-07', isStoreInOrder],
  ['I-13', isBuiltOnce],
  ['I-13', isRepeatedOnProof],
  ['I-14', isDuplicateTold],
  ['I-15', isIntended],
  ['I-15', hasOutcome],
  ['I-17', isCancelKept],
  ['I-20', isOver],
  ['I-20', isNeverSilent],
  ['I-22', isRedrivenSeldom],
  ['I-27', isFold],
  ['I-31', isLinked],
];

/** Every breach of a promise that the history shows; none of a promise about a part that it does not have. */
export function findingsOf(history: RunHistory, limits: Limits): readonly Finding[] {
  const facts = factsOf(history);
  return RULES.flatMap(([promise, rule]) =>
    rule(facts, limits).map((breach) => ({ promise, ...breach })),
  );
}
