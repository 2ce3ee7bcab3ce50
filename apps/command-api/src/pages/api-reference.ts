import type { OpenAPIObject } from '@nestjs/swagger';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HEAD, NAVIGATION, operationsTable } from './html-pages';

/* The page at /docs: Scalar reads /openapi.json in the browser. All that it loads comes from this service. */

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
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
  authentication: { preferredSecurityScheme: 'bearer' },
  defaultOpenAllTags: true,
};

export const START_SCRIPT = `Scalar.createApiReference('#reference', ${JSON.stringify(OPTIONS)});\n`;

const STYLE =
  ':root{--scalar-custom-header-height:40px}body{margin:0}header{position:sticky;top:0;z-index:10;height:40px;padding:0 1rem;font:14px/40px system-ui,sans-serif;background:#fff;border-bottom:1px solid #ccc}';

/** Without scripts it shows the operations at a glance. */
export function referencePage(api: OpenAPIObject): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
    version: string;
  };
  const body = `<header>${NAVIGATION}</header><div id="reference"></div><noscript>${operationsTable(api)}</noscript>`;
  const scripts = `<script src="/${REFERENCE_PATH}?v=${version}"></script><script src="/${START_PATH}"></script>`;
  return `${HEAD}<title>Uplift: API</title><style>${STYLE}</style></head><body>${body}${scripts}</body></html>`;
}
