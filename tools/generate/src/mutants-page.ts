import type { Mutant } from '../../mutants/src/mutant';
import { MUTANTS } from '../../mutants/src/mutants';
import type { PromiseId } from '../../mutants/src/promises';
import { NOT_BROKEN, PROMISES } from '../../mutants/src/promises';
import { markdownTable } from './lifecycle-page';

const HEAD = [
  '# Mutants',
  '',
  'Generated from the tables in `tools/mutants` by `npm run generate`: do not edit.',
  '',
  '`npm run mutants` breaks one rule of Uplift after the other, each in a copy of the folder, and runs the one test that has to',
  'notice it. First it proves that all these tests are green while nothing is broken. A mutant is caught only if its named test',
  'fails on what it expects: one that does not compile, does not load or makes the test hang proves nothing, and is told apart.',
  'A mutant that survives is a missing test.',
];

/** docs/mutants.md: which rules are broken on purpose, and which test notices it. */
export function mutantsPage(): string {
  const ids = Object.keys(PROMISES) as readonly PromiseId[];
  return [
    ...HEAD,
    '',
    `There are ${MUTANTS.length} mutants.`,
    '',
    '## Promises',
    '',
    ...markdownTable(['Promise', 'Says', 'Mutants'], ids.map(promiseRow)),
    '',
    '## Tests',
    '',
    ...markdownTable(
      ['Mutant', 'Breaks', 'What is wrong then', 'Code', 'Caught by'],
      MUTANTS.map(mutantRow),
    ),
    '',
  ].join('\n');
}

function promiseRow(promise: PromiseId): readonly string[] {
  const count = MUTANTS.filter(({ breaks }) => breaks.includes(promise)).length;
  return [promise, PROMISES[promise], NOT_BROKEN[promise] ?? String(count)];
}

function mutantRow({ id, breaks, what, file, test }: Mutant): readonly string[] {
  const caughtBy = `"${test.name}" in ${linkTo(test.spec)}`;
  return [`\`${id}\``, breaks.join(', '), what, linkTo(file), caughtBy];
}

function linkTo(path: string): string {
  return `[${path.split('/').at(-1)}](../${path})`;
}
