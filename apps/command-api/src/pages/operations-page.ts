import type { OpenAPIObject } from '@nestjs/swagger';
import { escapeHtml, htmlPage } from './html';

const METHODS = ['get', 'post'] as const;

/** The operations at a glance; machines read /openapi.json. */
export function operationsPage({ info, paths }: OpenAPIObject): string {
  const rows = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const summary = item[method]?.summary;
      return summary === undefined ? [] : [rowOf(method, path, summary)];
    }),
  );
  const intro = `<p>${escapeHtml(info.description ?? '')}</p><p><a href="/openapi.json">openapi.json</a> · <a href="/problems">problems</a></p>`;
  return htmlPage(`${info.title}: operations`, `${intro}<table>${rows.join('')}</table>`);
}

function rowOf(method: string, path: string, summary: string): string {
  const call = `${method.toUpperCase()} ${escapeHtml(path)}`;
  return `<tr><td><code>${call}</code></td><td>${escapeHtml(summary)}</td></tr>`;
}
