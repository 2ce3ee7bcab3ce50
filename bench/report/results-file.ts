import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';
import type { BenchOptions } from '../bench.options';
import type { Row } from '../benchmark';
import type { MachineFacts } from './machine-facts';
import type { SummaryRow } from './median-rows';

export interface Results {
  readonly startedAt: string;
  readonly machine: MachineFacts;
  readonly options: BenchOptions;
  readonly summary: readonly SummaryRow[];
  /** Every run's own rows. */
  readonly runs: readonly (readonly Row[])[];
}

export function resultsFolder(): string {
  return join(projectRoot(), 'bench', 'results');
}

/** Returns the path of the file. */
export async function writeResults(results: Results): Promise<string> {
  await mkdir(resultsFolder(), { recursive: true });
  const file = join(resultsFolder(), `${results.startedAt.replaceAll(':', '-')}.json`);
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
  return file;
}
