import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { format } from 'node:util';
import { redactText } from '@uplift/runtime';
import { projectRoot } from '../../tools/stack/src';
import { readOptions, USAGE, UsageError } from './soak.options';
import type { SoakOptions } from './soak.options';
import type { SoakResult } from './soak-run';
import { runSoak } from './soak-run';
import { findingsTable, minuteLine, minuteTable, processTable, verdictTable } from './soak-table';
import type { SoakMinute, VerdictLine } from './verdict';
import { verdictOf } from './verdict';

const ENDED_BY_HAND = 130;

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    console.log(USAGE);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  const { minutes, rate, instances, beginWith } = options;
  console.log(
    `${minutes} minutes, ${rate} upgrades a second on ${instances} instances that begin with ${beginWith} events`,
  );
  const tell = (n: number, minute: SoakMinute) => console.log(minuteLine(n, minute));
  const result = await runSoak(options, stop.signal, tell);
  const lines = [...verdictOf(result.minutes, options.warmUp), kept(result)];
  const page = pageOf(options, result, lines);
  console.log(`\n${page}\n${await written(page)}`);
  const broken = lines.filter(({ holds }) => holds === false);
  for (const { what, figures } of broken) console.error(`FAILED: ${what}: ${figures}`);
  if (broken.length > 0) return 1;
  return stop.signal.aborted ? ENDED_BY_HAND : 0;
}

function kept({ findings }: SoakResult): VerdictLine {
  const figures = `${findings.length} findings of the history checker`;
  return { what: 'promises', figures, holds: findings.length === 0 };
}

function pageOf(
  { rate, instances, beginWith, warmUp }: SoakOptions,
  { minutes, findings, upgrades }: SoakResult,
  lines: readonly VerdictLine[],
): string {
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`;
  return [
    `${minutes.length} minutes, ${rate} upgrades a second on ${instances} instances that begin with ${beginWith} events: ${upgrades} upgrades, ${(upgrades / instances).toFixed(1)} each. ${machine}. The first ${warmUp} minutes are not judged.`,
    verdictTable(lines),
    minuteTable(minutes),
    'Memory of each process in MiB, what a service holds of anonymous + mapped, and share of one core:',
    processTable(minutes),
    ...(findings.length > 0 ? [findingsTable(findings.slice(0, 100))] : []),
    '',
  ].join('\n\n');
}

async function written(page: string): Promise<string> {
  const folder = join(projectRoot(), '.uplift');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `soak-${new Date().toISOString().replaceAll(':', '-')}.md`);
  await writeFile(file, page);
  return file;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isUsage = error instanceof UsageError;
    console.error(redactText(isUsage ? error.message : format(error)));
    process.exit(isUsage ? 2 : 1);
  },
);
