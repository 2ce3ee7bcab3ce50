import type { Explanation } from '@uplift/domain';
import { REASON_CLASSES, REASON_ROWS, REFUSAL_CAUSES, RESOLUTION_REFUSALS } from '@uplift/domain';
import { markdownTable } from './lifecycle-page';

const HEAD = [
  '# Reasons',
  '',
  'Generated from the table of reasons in `libs/domain` by `npm run generate`: do not edit.',
  '',
  'An upgrade that fails names a reason: in the event, in its own answer (`failure.reason`, `failure.reasonClass`) and in that of',
  'its instance (`failureReason`, `reasonClass`). The evidence of the event holds the details.',
  '',
  'Answers show every reason by its present name. Stored events keep the name they were written with.',
];

/** docs/reasons.md: why an upgrade can fail, for people. */
export function reasonsPage(): string {
  return [
    ...HEAD,
    '',
    '## Classes',
    '',
    ...markdownTable(
      ['Class', 'Such a failure means'],
      Object.entries(REASON_CLASSES).map(([name, meaning]) => [`\`${name}\``, meaning]),
    ),
    '',
    '## Failures',
    '',
    ...markdownTable(
      ['Reason', 'Class', 'What happened', 'Retry as it is', 'What to do', 'Old name'],
      REASON_ROWS.map(([code, row]) => [
        `<a id="${code}"></a>\`${code}\``,
        `\`${row.class}\``,
        ...explained(row),
        (row.oldNames ?? []).map((name) => `\`${name}\``).join(', '),
      ]),
    ),
    '',
    '## Why Lagoon refuses',
    '',
    'The `cause` in the evidence of a `lagoon-refused` failure.',
    '',
    ...explanations('Cause', REFUSAL_CAUSES),
    '',
    '## Why an outcome cannot be resolved so',
    '',
    'The `reason` of `OutcomeResolutionRefused`: what Lagoon shows does not fit the claim.',
    '',
    ...explanations('Reason', RESOLUTION_REFUSALS),
    '',
  ].join('\n');
}

function explanations(name: string, rows: Readonly<Record<string, Explanation>>) {
  return markdownTable(
    [name, 'What happened', 'Again as it is', 'What to do'],
    Object.entries(rows).map(([code, row]) => [`\`${code}\``, ...explained(row)]),
  );
}

function explained({ sentence, retryMayHelp, whatToDo }: Explanation): readonly string[] {
  return [sentence, retryMayHelp ? 'may help' : 'does not help', whatToDo];
}
