import type { Content } from './html';
import { html, Markup } from './html';

interface Palette {
  readonly paper: string;
  readonly ink: string;
  /** Of axes, legends and notes. */
  readonly faint: string;
  readonly line: string;
  readonly queued: string;
  readonly active: string;
  readonly waiting: string;
  readonly bad: string;
}

/** Text and bars stand out from the paper as WCAG 2.2 AA asks; a spec counts it. */
export const PALETTES: Readonly<Record<'light' | 'dark', Palette>> = {
  light: {
    ...{ paper: '#ffffff', ink: '#1b1f24', faint: '#57606a', line: '#d0d7de' },
    ...{ queued: '#7d8590', active: '#0a6ebd', waiting: '#b35900', bad: '#c4262e' },
  },
  dark: {
    ...{ paper: '#12161c', ink: '#e6edf3', faint: '#9aa4af', line: '#3a424d' },
    ...{ queued: '#8b949e', active: '#4aa8f0', waiting: '#e3963e', bad: '#ff7b72' },
  },
};

function variables(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');
}

const STYLE = new Markup(`
:root{color-scheme:light dark;${variables(PALETTES.light)}}
@media (prefers-color-scheme:dark){:root{${variables(PALETTES.dark)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.5rem;line-height:1.25;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2rem 0 .5rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0}
dt{color:var(--faint)}
dd{margin:0;overflow-wrap:anywhere;unicode-bidi:isolate}
figure{margin:0 0 1rem}
figcaption,.note{color:var(--faint);font-size:.875rem}
svg{display:block;width:100%;height:auto;min-width:36rem}
svg text{fill:var(--ink);font:13px system-ui,sans-serif}
svg .faint{fill:var(--faint)}
svg .axis{stroke:var(--line)}
.queued{fill:var(--queued);fill-opacity:.35;stroke:var(--queued)}
.active{fill:var(--active);stroke:var(--active)}
.tail{fill:var(--active);fill-opacity:.35;stroke:var(--active)}
.bad{fill:var(--bad);stroke:var(--bad)}
.waiting{fill:url(#hatched);stroke:var(--waiting)}
.hatch{stroke:var(--waiting);stroke-width:3}
.entry{display:inline-block;margin-right:1rem}
.key{display:inline-block;width:1.1rem;min-width:0;height:.9rem;margin-right:.3rem;vertical-align:-.1rem}
.patterns{position:absolute;width:0;height:0;min-width:0}
.scrolls{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;color:var(--faint);padding:.25rem 0}
caption span{display:inline-block;position:sticky;left:0;max-width:calc(100vw - 3rem)}
th,td{padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;font-weight:400;white-space:nowrap;unicode-bidi:isolate}
thead th{color:var(--faint)}
th.number,td.number{text-align:right;font-variant-numeric:tabular-nums}
td.prose{white-space:normal;min-width:12rem;overflow-wrap:anywhere}
@media print{
:root{color-scheme:light;${variables(PALETTES.light)}}
body{font-size:11pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
main{max-width:none;padding:0}
figure,tr{break-inside:avoid}
h2{break-after:avoid}
svg{min-width:0}
.scrolls{overflow:visible}
table{font-size:7.5pt}
caption span{max-width:none}
th,td,td.prose{white-space:normal;min-width:0}
}
`);

/** The pattern of waiting, once for all pictures of the page. */
const HATCHED = html`<svg class="patterns" aria-hidden="true">
  <defs>
    <pattern
      id="hatched"
      width="6"
      height="6"
      patternUnits="userSpaceOnUse"
      patternTransform="rotate(45)"
    >
      <line class="hatch" x1="0" y1="0" x2="0" y2="6" />
    </pattern>
  </defs>
</svg>`;

/** No script, and nothing is fetched: what says otherwise in a text from outside is not carried out either. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** One whole page, which needs nothing else. */
export function page(title: string, ...content: readonly Content[]): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        ${HATCHED}
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>`.text.concat('\n');
}
