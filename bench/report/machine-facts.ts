import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem, type, release } from 'node:os';

const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0x01021994: 'tmpfs',
  0xef53: 'ext4',
  0x794c7630: 'overlay',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
};

export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** Of the folder that holds the files of the servers: what an fsync costs depends on it. */
  readonly fileSystem: string;
  /** Of the last minute, before anything was started: a busy machine gives no figures. */
  readonly loadAverageAtStart: number;
}

export function machineFacts(): MachineFacts {
  const kind = statfsSync(tmpdir()).type;
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    node: process.version,
    fileSystem: FILE_SYSTEMS[kind] ?? `0x${kind.toString(16)}`,
    loadAverageAtStart: loadavg()[0] ?? 0,
  };
}

/** Seconds that all cores together have worked since boot; undefined where there is no /proc. */
export function busySeconds(): number | undefined {
  try {
    const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/);
    // user, nice, system, then idle and iowait, then irq, softirq, steal: proc(5).
    return [0, 1, 2, 5, 6, 7].reduce((sum, i) => sum + Number(ticks[i]), 0) / 100;
  } catch {
    return undefined;
  }
}
