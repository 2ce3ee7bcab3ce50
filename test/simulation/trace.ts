import { createHash } from 'node:crypto';
import type { Scheduler } from './scheduler';

/** Everything that happened in a run, in order: its checksum tells whether two runs are the same, byte for byte. */
export class Trace {
  readonly lines: string[] = [];
  scheduler: Scheduler | undefined;
  private readonly hash = createHash('sha256');

  constructor(private readonly keepsLines: boolean) {}

  note(what: string): void {
    const seconds = ((this.scheduler?.now ?? 0) / 1000).toFixed(3).padStart(9);
    const line = `${seconds} ${what}`;
    this.hash.update(line).update('\n');
    if (this.keepsLines) this.lines.push(line);
  }

  log(process: string, level: string, args: readonly unknown[]): void {
    this.note(`${process} ${level}: ${args.map(inWords).join(' ')}`);
  }

  get checksum(): string {
    return this.hash.copy().digest('hex');
  }
}

function inWords(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.message;
  if (typeof value !== 'object' || value === null) return String(value);
  const { err, ...rest } = value as Record<string, unknown>;
  return [
    JSON.stringify(rest, (_, each: unknown) => (typeof each === 'bigint' ? `${each}` : each)),
    ...(err instanceof Error ? [err.message] : []),
  ].join(' ');
}
