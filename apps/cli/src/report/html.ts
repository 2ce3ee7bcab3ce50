/** Markup that was made here: everything from outside in it is escaped. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Content = Markup | string | number | readonly Content[];

const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** What HTML does not take, and what lets a text look like another one (Unicode's marks of direction). */
const UNSHOWN = /[^\P{Cc}\t\n\r]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** What is put in between and is no markup is text, in an element or in a quoted attribute. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  const [first = '', ...rest] = parts;
  return new Markup(first + rest.map((part, n) => markupOf(contents[n] ?? '') + part).join(''));
}

function markupOf(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (typeof content === 'string') return escaped(content);
  return typeof content === 'number' ? String(content) : content.map(markupOf).join('');
}

function escaped(text: string): string {
  return text.replace(UNSHOWN, '\ufffd').replace(/[&<>"']/g, (sign) => ESCAPED[sign] ?? sign);
}

export interface Column {
  readonly head: string;
  readonly isNumber?: true;
  /** May be long: its lines are broken. */
  readonly isProse?: true;
}

/** A table with a caption; of each row the first cell names it. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Content[])[],
): Markup {
  const classOf = (n: number) => kindOf(columns[n]);
  const cells = (row: readonly Content[]) =>
    row.map((cell, n) =>
      n === 0 ? html`<th scope="row">${cell}</th>` : html`<td class="${classOf(n)}">${cell}</td>`,
    );
  return html`<div class="scrolls">
    <table>
      <caption>
        <span>${caption}</span>
      </caption>
      <thead>
        <tr>
          ${columns.map(({ head }, n) => html`<th scope="col" class="${classOf(n)}">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html` <tr>
              ${cells(row)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function kindOf({ isNumber, isProse }: Partial<Column> = {}): string {
  if (isNumber) return 'number';
  return isProse ? 'prose' : 'text';
}

export type Fact = readonly [name: string, value: Content];

export function factList(facts: readonly Fact[]): Markup {
  return html`<dl>
    ${facts.map(
      ([name, value]) =>
        html` <dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}

export function moment(at: string): Markup {
  return html`<time datetime="${at}">${at}</time>`;
}
