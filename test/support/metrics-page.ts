import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';

/** One metric, as documented or as a process shows it. */
export interface ShownMetric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

export interface DocumentedMetric extends ShownMetric {
  /** Services that show it, by the names they have in compose; `every` for all of them. */
  readonly services: readonly string[];
}

const ROW = /^\| `(uplift_\w+)` +\| (\w+) +\| ([^|]*)\| ([^|]*)\|/;

/** The tables of the page on metrics. */
export function documentedMetrics(): readonly DocumentedMetric[] {
  const text = readFileSync(join(projectRoot(), 'docs/metrics.md'), 'utf8');
  return text.split('\n').flatMap((line) => {
    const [, name, type = '', labels = '', services = ''] = ROW.exec(line) ?? [];
    if (name === undefined) return [];
    return [{ name, type, labels: wordsIn(labels), services: wordsIn(services) }];
  });
}

/** The expressions that answer what operators ask. */
export function askedExpressions(): readonly string[] {
  const text = readFileSync(join(projectRoot(), 'docs/metrics.md'), 'utf8');
  const [, questions = ''] = /## What operators ask\n([\s\S]*?)\n## /.exec(text) ?? [];
  return [...questions.matchAll(/`([^`]*uplift_[^`]*)`/g)].map(([, expr = '']) => expr);
}

/** Our own metrics on a `/metrics` page. */
export function metricsOn(page: string): readonly ShownMetric[] {
  const lines = page.split('\n');
  const types = lines.flatMap((line) => {
    const [, name = '', type = ''] = /^# TYPE (uplift_\w+) (\w+)$/.exec(line) ?? [];
    return name === '' ? [] : [{ name, type }];
  });
  return types.map(({ name, type }) => ({ name, type, labels: labelsOf(name, lines) }));
}

/** What a sample of a metric adds to its name, by the type of the metric. */
export const HISTOGRAM_SUFFIXES = ['_bucket', '_sum', '_count'];

function labelsOf(name: string, lines: readonly string[]): readonly string[] {
  const sample = new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{(.*)\\} `);
  const labels = lines.flatMap((line) => {
    const [, told = ''] = sample.exec(line) ?? [];
    return [...told.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, label = '']) => label);
  });
  return [...new Set(labels)].filter((label) => label !== 'le').sort();
}

function wordsIn(cell: string): readonly string[] {
  return [...cell.matchAll(/[\w-]+/g)].map(([word]) => word).sort();
}
