import { html } from './html';
import type { Markup } from './html';

/** How a piece of a bar is drawn: by its pattern, too, so that colour is not all that tells. */
export type Look = 'queued' | 'active' | 'waiting' | 'tail' | 'bad';

export interface Piece {
  readonly look: Look;
  readonly from: number;
  readonly to: number;
  /** Shown where a pointer rests on it. */
  readonly title: string;
}

export interface Bar {
  readonly label: string;
  readonly pieces: readonly Piece[];
  /** Behind the last piece. */
  readonly value: string;
}

export interface BarChart {
  /** A word, by which the picture is known in its page. */
  readonly name: string;
  readonly title: string;
  /** The picture in a sentence, for whoever cannot see it; the table beside it has the figures. */
  readonly summary: string;
  readonly bars: readonly Bar[];
  /** From 0 to here. */
  readonly length: number;
  readonly tick: (value: number) => string;
  readonly steps: readonly number[];
  readonly legend: readonly (readonly [Look, string])[];
}

const WIDTH = 760;
const LABELS = 190;
const VALUES = 80;
const PLOT = WIDTH - LABELS - VALUES;
const ROW = 30;
const THICK = 18;
/** However short a piece is, it can be seen; of nothing nothing is drawn. */
const THIN = 1.5;
const MOST_TICKS = 6;

/** Horizontal bars on one scale, as inline SVG with its legend. */
export function barChart(chart: BarChart): Markup {
  const { name, title, summary, bars } = chart;
  const length = Math.max(chart.length, 1);
  const x = (value: number) => LABELS + (Math.min(Math.max(value, 0), length) / length) * PLOT;
  const height = bars.length * ROW + 28;
  return html`<figure>
    <div class="scrolls">
      <svg
        viewBox="0 0 ${WIDTH} ${height}"
        role="img"
        aria-labelledby="${name}-title ${name}-summary"
      >
        <title id="${name}-title">${title}</title>
        <desc id="${name}-summary">${summary}</desc>
        ${axis(chart, x, height)}${bars.map((bar, n) => row(bar, x, n * ROW))}
      </svg>
    </div>
    <figcaption>${chart.legend.map(key)}</figcaption>
  </figure>`;
}

type Scale = (value: number) => number;

function row({ label, pieces, value }: Bar, x: Scale, top: number): Markup {
  const baseline = top + ROW / 2 + 4;
  const end = Math.max(LABELS, ...pieces.map(({ to }) => x(to)));
  return html`<text x="${LABELS - 10}" y="${baseline}" text-anchor="end">${label}</text
    >${pieces.filter(({ from, to }) => to > from).map((piece) => drawn(piece, x, top))}<text
      class="faint"
      x="${shown(end + 6)}"
      y="${baseline}"
      >${value}</text
    > `;
}

function drawn({ look, from, to, title }: Piece, x: Scale, top: number): Markup {
  const [left, width] = [x(from), Math.max(x(to) - x(from), THIN)];
  return html`<rect
    class="${look}"
    x="${shown(left)}"
    y="${top + (ROW - THICK) / 2}"
    width="${shown(width)}"
    height="${THICK}"
    ><title>${title}</title></rect
  >`;
}

function axis({ length, tick, steps }: BarChart, x: Scale, height: number): Markup {
  const ticks = ticksOf(length, steps).map((value) => {
    const at = shown(x(value));
    return html`<line class="axis" x1="${at}" y1="0" x2="${at}" y2="${height - 24}" /><text
        class="faint"
        x="${at}"
        y="${height - 8}"
        text-anchor="middle"
        >${tick(value)}</text
      >`;
  });
  return html`${ticks} `;
}

/** Even values from 0, as far apart as the smallest step that gives few of them. */
function ticksOf(length: number, steps: readonly number[]): readonly number[] {
  const last = steps.at(-1) ?? 1;
  const fitting = steps.find((each) => length / each < MOST_TICKS);
  const step = fitting ?? Math.ceil(length / last / MOST_TICKS) * last;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, n) => n * step);
}

function key([look, words]: readonly [Look, string]): Markup {
  return html` <span class="entry"
    ><svg class="key" viewBox="0 0 18 14" aria-hidden="true">
      <rect class="${look}" x="1" y="1" width="16" height="12" /></svg
    >${words}</span
  >`;
}

function shown(value: number): string {
  return String(Math.round(value * 10) / 10);
}
