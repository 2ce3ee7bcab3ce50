import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';
import type { SentSpan } from './trace-collector';

/** Reads follow from what a process happens to know, progress from when it looks. */
const AT_TIMES = /^read |DeploymentProgressed/;

/** The traces of one upgrade, as the page on tracing shows them. */
export function traceTree(spans: readonly SentSpan[]): readonly string[] {
  const roots = spans.filter(({ parent }) => parent === '');
  const named = [...new Map(roots.map((root) => [labelOf(root), root])).keys()];
  return inOrder(named, roots).flatMap((label) => {
    const same = roots.filter((root) => labelOf(root) === label);
    return [label, ...branches(same, spans, '')];
  });
}

/** Each trace behind the one that it names. */
function inOrder(labels: readonly string[], roots: readonly SentSpan[]): readonly string[] {
  const rootOf = new Map(roots.map((root) => [root.traceId, root]));
  const depthOf = (root: SentSpan | undefined): number => {
    const [before] = root?.links ?? [];
    return before === undefined || !rootOf.has(before) ? 0 : 1 + depthOf(rootOf.get(before));
  };
  const depths = new Map(roots.map((root) => [labelOf(root), depthOf(root)]));
  return [...labels].sort((one, other) => (depths.get(one) ?? 0) - (depths.get(other) ?? 0));
}

/** Whatever happened several times shows once. */
function branches(
  parents: readonly SentSpan[],
  spans: readonly SentSpan[],
  indent: string,
): readonly string[] {
  const services = new Map(parents.map(({ spanId, service }) => [spanId, service]));
  const below = spans.filter(({ parent, name }) => services.has(parent) && !AT_TIMES.test(name));
  const wordsOf = (span: SentSpan) =>
    span.service === services.get(span.parent) ? span.name : labelOf(span);
  const words = [...new Set(below.map(wordsOf))].sort();
  return words.flatMap((word, n) => {
    const isLast = n === words.length - 1;
    const same = below.filter((span) => wordsOf(span) === word);
    return [
      `${indent}${isLast ? '└─' : '├─'} ${word}`,
      ...branches(same, spans, `${indent}${isLast ? '   ' : '│  '}`),
    ];
  });
}

function labelOf({ name, service }: SentSpan): string {
  return `${name} (${service})`;
}

/** What the page shows. */
export function documentedTree(): readonly string[] {
  const page = readFileSync(join(projectRoot(), 'docs/tracing.md'), 'utf8');
  const [, tree = ''] = /```text\n([^`]*)\n```/.exec(page) ?? [];
  return tree.split('\n');
}
