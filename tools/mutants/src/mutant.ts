import type { PromiseId } from './promises';

/** A rule of Uplift, broken by one edit, and the test that has to notice it. */
export interface Mutant {
  readonly id: string;
  readonly breaks: readonly [PromiseId, ...PromiseId[]];
  /** What the edited code does wrong. */
  readonly what: string;
  /** Below the root of the repository. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly search: string;
  readonly replacement: string;
  readonly test: NamedTest;
}

export interface NamedTest {
  /** Below the root of the repository. */
  readonly spec: string;
  /** A part of the test's title, as it stands in the source of the spec or of a suite that the spec runs. */
  readonly name: string;
}

export class EditDoesNotApplyError extends Error {}

/** The text of the mutant's file with its edit. Throws EditDoesNotApplyError. */
export function mutated({ id, file, search, replacement }: Mutant, text: string): string {
  const [before, after, ...more] = text.split(search);
  if (before === undefined || after === undefined || more.length > 0) {
    const found = text.split(search).length - 1;
    throw new EditDoesNotApplyError(
      `${id}: its search text stands ${found} times in ${file}, not once`,
    );
  }
  return `${before}${replacement}${after}`;
}
