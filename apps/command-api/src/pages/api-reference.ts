import type { OpenAPIObject } from '@nestjs/swagger';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HEAD, NAVIGATION, operationsTable } from './html-pages';

/* The page at /docs: Scalar shows /openapi.json in the browser. All that it loads comes from this service. */

const PACKAGE = dirname(dirname(require.resolve('@scalar/fastify-api-reference')));
export const REFERENCE_FILE = join(PACKAGE, 'dist/js/standalone.js');
export const REFERENCE_PATH = 'docs/reference.js';
export const START_PATH = 'docs/start.js';
export const SCRIPT = 'text/javascript; charset=utf-8';
/** The address of the script names its release. */
export const FOR_EVER = 'public, max-age=31536000, immutable';

/** Scalar styles its page by itself: inline styles are allowed on this page alone. */
export const REFERENCE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Nothing that would ask a server of Scalar's, or send a reader there. */
const OPTIONS = {
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  // The header of the page leads to the whole of it.
  documentDownloadType: 'none',
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
  authentication: { preferredSecurityScheme: 'bearer' },
  defaultOpenAllTags: true,
};

export function startScript(api: OpenAPIObject): string {
  const options = { ...OPTIONS, content: withoutConditions(api) };
  return `Scalar.createApiReference('#reference', ${JSON.stringify(options)});\n`;
}

/**
 * Where a schema says which of its members stand together, Scalar shows that in place of the members. So it is left
 * out; the description of each of them says it in words.
 */
export function withoutConditions(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutConditions);
  if (typeof node !== 'object' || node === null) return node;
  const isCondition = 'type' in node || 'allOf' in node;
  const shown = Object.entries(node).filter(
    ([name]) => !isCondition || (name !== 'anyOf' && name !== 'oneOf'),
  );
  return Object.fromEntries(shown.map(([name, value]) => [name, withoutConditions(value)]));
}

/** In the colours of Scalar, which has a switch between light and dark. */
const STYLE =
  ':root{--scalar-custom-header-height:40px}body{margin:0}header{position:sticky;top:0;z-index:10;height:40px;padding:0 1rem;font:14px/40px system-ui,sans-serif;background:var(--scalar-background-1,#fff);color:var(--scalar-color-1,#000);border-bottom:1px solid var(--scalar-border-color,#ccc)}header a{color:inherit}';

/** Without scripts it shows the operations at a glance. */
export function referencePage(api: OpenAPIObject): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
    version: string;
  };
  const body = `<header>${NAVIGATION}</header><div id="reference"></div><noscript>${operationsTable(api)}</noscript>`;
  const scripts = `<script src="/${REFERENCE_PATH}?v=${version}"></script><script src="/${START_PATH}"></script>`;
  return `${HEAD}<title>Uplift: API</title><style>${STYLE}</style></head><body>${body}${scripts}</body></html>`;
}
