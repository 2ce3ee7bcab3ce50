import type { OpenAPIObject } from '@nestjs/swagger';
import type { ProblemRow } from '@uplift/contracts';
import { PROBLEMS } from '@uplift/contracts';
import { REASON_ROWS } from '@uplift/domain';
import { createHash } from 'node:crypto';

export const HTML = 'text/html; charset=utf-8';

const STYLE =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8886;vertical-align:top}h3{overflow-wrap:anywhere}@media(max-width:45rem){td code{overflow-wrap:anywhere}}code,pre{font-family:ui-monospace,monospace}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#8882;padding:.5rem}';
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** A page may have its own style, and nothing else. */
export const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** A browser asks for no icon. */
export const HEAD =
  '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">';

const PAGES = {
  '/docs': 'HTTP',
  '/asyncapi': 'Bus',
  '/problems': 'Problems',
  '/reasons': 'Reasons',
  '/openapi.json': 'OpenAPI',
};

/** From each page to the others. */
export const NAVIGATION = `<nav>Uplift: ${Object.entries(PAGES)
  .map(([path, name]) => `<a href="${path}">${name}</a>`)
  .join(' · ')}</nav>`;

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;

/** The operations at a glance; machines read /openapi.json. */
export function operationsTable({ paths }: OpenAPIObject): string {
  const rows = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const summary = item[method]?.summary;
      return summary === undefined ? [] : [operationRow(method, path, summary)];
    }),
  );
  return `<table>${rows.join('')}</table>`;
}

function operationRow(method: string, path: string, summary: string): string {
  const call = `${method.toUpperCase()} ${escapeHtml(path)}`;
  return `<tr><td><code>${call}</code></td><td>${escapeHtml(summary)}</td></tr>`;
}

/** Where the `type` of a problem document leads. */
export function problemsPage(): string {
  const rows = Object.entries(PROBLEMS).map(([code, row]) => problemRow(code, row));
  const head = '<tr><th>Code</th><th>Status</th><th>Meaning</th><th>Repeat?</th></tr>';
  return htmlPage('Problems', `<table>${head}${rows.join('')}</table>`);
}

function problemRow(code: string, { status, title, retryable }: ProblemRow): string {
  const repeat = retryable ? 'may succeed later, unchanged' : 'change the request first';
  return `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${escapeHtml(title)}</td><td>${repeat}</td></tr>`;
}

/** Why an upgrade can fail, and what to do: docs/reasons.md in short. */
export function reasonsPage(): string {
  const head =
    '<tr><th>Reason</th><th>What happened</th><th>Retry as it is</th><th>What to do</th></tr>';
  return htmlPage('Reasons', `<table>${head}${REASON_ROWS.map(reasonRow).join('')}</table>`);
}

function reasonRow([code, { sentence, retryMayHelp, whatToDo }]: (typeof REASON_ROWS)[number]) {
  const retry = retryMayHelp ? 'may help' : 'does not help';
  const cells = [sentence, retry, whatToDo].map((text) => `<td>${escapeHtml(text)}</td>`);
  return `<tr id="${code}"><td><code>${code}</code></td>${cells.join('')}</tr>`;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export function htmlPage(title: string, body: string): string {
  const heading = escapeHtml(title);
  return `${HEAD}<title>Uplift: ${heading}</title><style>${STYLE}</style></head><body>${NAVIGATION}<h1>${heading}</h1>${body}</body></html>`;
}
