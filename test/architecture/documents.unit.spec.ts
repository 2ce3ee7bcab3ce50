import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';

const docs = readdirSync(join(projectRoot(), 'docs'), { recursive: true, encoding: 'utf8' });
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'examples/README.md',
  ...docs.map((page) => join('docs', page)),
];

/** Of git, also as a formatter of Markdown leaves them: a quotation in a quotation. */
const LEFT_BY_A_MERGE = /^(?:<{7} |={7}$|>{7} |(?:> ){7})/m;

/** Of a link to a file: `[words](path#place)`. */
const LINK = /\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g;

describe('the documents', () => {
  it('link to what is there', () => {
    const broken = pages
      .filter((page) => page.endsWith('.md'))
      .flatMap((page) => {
        const text = readFileSync(join(projectRoot(), page), 'utf8');
        const targets = [...text.matchAll(LINK)].map(([, target = '']) => target);
        const isThere = (target: string) => existsSync(join(projectRoot(), dirname(page), target));
        return targets.filter((target) => !isThere(target)).map((target) => `${page}: ${target}`);
      });
    expect(broken).toEqual([]);
  });

  it('are merged', () => {
    const markdown = pages.filter((page) => page.endsWith('.md'));
    expect(markdown.length).toBeGreaterThan(20);
    const left = markdown.filter((page) =>
      LEFT_BY_A_MERGE.test(readFileSync(join(projectRoot(), page), 'utf8')),
    );
    expect(left).toEqual([]);
  });
});
