import { statfsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';
import type { BenchOptions } from '../bench.options';
import type { Row } from '../benchmark';
import type { SummaryRow } from './result-table';

const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0x01021994: 'tmpfs',
  0xef53: 'ext4',
  0x794c7630: 'overlay',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
};

type MachineFacts = ReturnType<typeof machineFacts>;

interface Results {
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

export function machineFacts() {
  const kind = statfsSync(tmpdir()).type;
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    node: process.version,
    /** Of the folder that holds the files of the servers: what an fsync costs depends on it. */
    fileSystem: FILE_SYSTEMS[kind] ?? `0x${kind.toString(16)}`,
    /** Of the last minute, before anything was started: a busy machine gives no figures. */
    loadAverageAtStart: loadavg()[0] ?? 0,
  };
}
