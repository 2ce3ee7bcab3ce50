import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { projectRoot } from '../../stack/src';

export interface AuditVerdict {
  readonly streams: number;
  readonly events: number;
  readonly faults: readonly string[];
  readonly differences: readonly string[];
  readonly isSound: boolean;
}

/** Runs `uplift audit verify` as an outsider would: its own process, its own reading of the store. */
export function auditVerdict(env: Readonly<Record<string, string>>): Promise<AuditVerdict> {
  const cli = resolve(projectRoot(), 'dist/apps/cli/src/main.js');
  return new Promise((done, fail) => {
    execFile(
      process.execPath,
      [cli, '--output', 'json', 'audit', 'verify'],
      { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 },
      (_error, stdout, stderr) => {
        try {
          done(JSON.parse(stdout) as AuditVerdict);
        } catch {
          fail(new Error(`The audit gave no verdict: ${stderr}`));
        }
      },
    );
  });
}
