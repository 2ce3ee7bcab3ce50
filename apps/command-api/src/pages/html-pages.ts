import type { OpenAPIObject } from '@nestjs/swagger';
import type { ProblemRow } from '@uplift/contracts';
import { PROBLEMS } from '@uplift/contracts';

export const HTML = 'text/html; charset=utf-8';
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc;vertical-align:top}code{font-family:ui-monospace,monospace}';

const METHODS = ['get', 'post'] as const;

/** The operations at a glance; machines read /openapi.json. */
export function operationsPage({ info, paths }: OpenAPIObject): string {
  const rows = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const summary = item[method]?.summary;
      return summary === undefined ? [] : [operationRow(method, path, summary)];
    }),
  );
  const intro = `<p>${escapeHtml(info.description ?? '')}</p><p><a href="/openapi.json">openapi.json</a> · <a href="/problems">problems</a></p>`;
  return htmlPage(`${info.title}: operations`, `${intro}<table>${rows.join('')}</table>`);
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

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function htmlPage(title: string, body: string): string {
  const heading = escapeHtml(title);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${heading}</title><style>${STYLE}</style></head><body><h1>${heading}</h1>${body}</body></html>`;
}
