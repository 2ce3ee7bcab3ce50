import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';

const docs = readdirSync(join(projectRoot(), 'docs'), { recursive: true, encoding: 'utf8' });
const pages = ['README.md', 'CONTRIBUTING.md', ...docs.map((page) => join('docs', page))];

/** Of git, also as a formatter of Markdown leaves them: a quotation in a quotation. */
const LEFT_BY_A_MERGE = /^(?:<{7} |={7}$|>{7} |(?:> ){7})/m;

describe('the documents', () => {
  it('are merged', () => {
    const markdown = pages.filter((page) => page.endsWith('.md'));
    expect(markdown.length).toBeGreaterThan(20);
    const left = markdown.filter((page) =>
      LEFT_BY_A_MERGE.test(readFileSync(join(projectRoot(), page), 'utf8')),
    );
    expect(left).toEqual([]);
  });
});
