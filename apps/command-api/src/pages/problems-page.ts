import type { ProblemRow } from '../problems/problem-table';
import { PROBLEMS } from '../problems/problem-table';
import { escapeHtml, htmlPage } from './html';

/** Where the `type` of a problem document leads. */
export function problemsPage(): string {
  const rows = Object.entries(PROBLEMS).map(([code, row]) => rowOf(code, row));
  const head = '<tr><th>Code</th><th>Status</th><th>Meaning</th><th>Repeat?</th></tr>';
  return htmlPage('Problems', `<table>${head}${rows.join('')}</table>`);
}

function rowOf(code: string, { status, title, retryable }: ProblemRow): string {
  const repeat = retryable ? 'may succeed later, unchanged' : 'change the request first';
  return `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${escapeHtml(title)}</td><td>${repeat}</td></tr>`;
}
