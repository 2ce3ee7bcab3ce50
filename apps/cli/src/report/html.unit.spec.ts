import { html } from './html';

describe('markup', () => {
  it('takes what is put in for text, in an element and in an attribute', () => {
    const text = `<script>"a" & 'b'</script>`;
    const shown = '&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;';
    expect(html`<p title="${text}">${text}</p>`.text).toBe(`<p title="${shown}">${shown}</p>`);
  });

  it('takes markup for what it is, also in lists of lists', () => {
    const item = (n: number) => html`<li>${n}</li>`;
    const list = html`<ul>
      ${[item(1), [item(2), '<']]}
    </ul>`;
    expect(list.text.replace(/\s/g, '')).toBe('<ul><li>1</li><li>2</li>&lt;</ul>');
  });

  it.each([
    ['a zero byte', '\u0000'],
    ['an escape of a terminal', '\u001b'],
    ['a mark that turns the text around', '\u202e'],
  ])('shows that %s is there, and has none', (_, sign) => {
    expect(html`${`a${sign}b`}`.text).toBe('a\ufffdb');
  });

  it('keeps lines and every script', () => {
    expect(html`${'a\n\tб 漢 é 👩‍🚀'}`.text).toBe('a\n\tб 漢 é 👩‍🚀');
  });
});
