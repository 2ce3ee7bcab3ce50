import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts CPU time in ticks of 1/100 s for user space, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;

export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
}

/** What a process and its direct children used so far; undefined where there is no /proc or the process is gone. */
export function processUsage(pid: number): ProcessUsage | undefined {
  const own = usageOf(pid);
  if (!own) return undefined;
  const all = [own, ...childrenOf(pid).flatMap((child) => usageOf(child) ?? [])];
  const sum = (key: keyof ProcessUsage) => all.reduce((total, usage) => total + usage[key], 0);
  return {
    cpuSeconds: sum('cpuSeconds'),
    rssBytes: sum('rssBytes'),
    peakRssBytes: sum('peakRssBytes'),
  };
}

export interface ProcessMemory {
  readonly anonymousBytes: number;
  readonly mappedBytes: number;
}

/**
 * What a process and its direct children hold; undefined where there is no /proc or the process is gone. What several
 * processes share is counted in parts, so that the sum is right.
 */
export function processMemory(pid: number): ProcessMemory | undefined {
  const all = [pid, ...childrenOf(pid)].flatMap((each) => rollupOf(each) ?? []);
  if (all.length === 0) return undefined;
  const sum = (key: keyof ProcessMemory) => all.reduce((total, memory) => total + memory[key], 0);
  return { anonymousBytes: sum('anonymousBytes'), mappedBytes: sum('mappedBytes') };
}

function rollupOf(pid: number): ProcessMemory | undefined {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const anonymousBytes = kibibytes(rollup, 'Pss_Anon');
    return { anonymousBytes, mappedBytes: kibibytes(rollup, 'Pss') - anonymousBytes };
  } catch {
    return undefined;
  }
}

function usageOf(pid: number): ProcessUsage | undefined {
  try {
    // utime, stime and those of children that ended: fields 14 to 17 of proc(5), the first two being cut off.
    const ticks = statFields(pid)
      .slice(11, 15)
      .reduce((sum, field) => sum + Number(field), 0);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return {
      cpuSeconds: ticks / TICKS_PER_SECOND,
      rssBytes: kibibytes(status, 'VmRSS'),
      peakRssBytes: kibibytes(status, 'VmHWM'),
    };
  } catch {
    return undefined;
  }
}

/** After the command's name, which is in brackets and may hold blanks. */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function kibibytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
}

export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => isChild(candidate, pid));
}

function isChild(pid: number, parent: number): boolean {
  try {
    return Number(statFields(pid)[1]) === parent;
  } catch {
    return false;
  }
}

/** Whether a process runs. One that ended and that nobody collects (a container without an init) does not. */
export function isRunning(pid: number): boolean {
  return answersSignals(pid) && !isZombie(pid);
}

function answersSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isZombie(pid: number): boolean {
  try {
    return ['Z', 'X'].includes(statFields(pid)[0] ?? '');
  } catch {
    return process.platform === 'linux';
  }
}
