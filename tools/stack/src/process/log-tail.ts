import { readFileSync } from 'node:fs';

const LINES = 20;

/** The last lines of a log, for messages. */
export function logTail(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LINES).join('\n');
  } catch {
    return '(no log)';
  }
}
