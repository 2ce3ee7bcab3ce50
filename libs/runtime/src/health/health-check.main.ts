import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * The health check of a container: exit 0 while the process is alive, else 1. Docker does not start again what is
 * unhealthy, so after `--kill-after` failures in a row it kills the service, and the container ends with it.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '9090' },
    'kill-after': { type: 'string', default: '6' },
    /** The process that started the service, PID 1 in a container with an init. */
    init: { type: 'string', default: '1' },
    /** Where failures in a row are counted. */
    count: { type: 'string', default: join(tmpdir(), 'uplift-health-failures') },
  },
});

const SERVICE = '/src/main.js';
/** A frozen process takes the connection and answers nothing. */
const ANSWER_MS = 3_000;

void isAlive().then((alive) => {
  const failures = alive ? 0 : failuresBefore() + 1;
  const isDead = failures >= Number(values['kill-after']);
  writeFileSync(values.count, String(isDead ? 0 : failures));
  if (isDead) killService();
  process.exitCode = alive ? 0 : 1;
});

function isAlive(): Promise<boolean> {
  const url = `http://127.0.0.1:${values.port}/health/live`;
  return new Promise((resolve) => {
    const request = get(url, { timeout: ANSWER_MS, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', () => resolve(false));
  });
}

function failuresBefore(): number {
  return Number(textOf(values.count)) || 0;
}

/** Nothing but a service that the init has started itself. */
function killService(): void {
  for (const pid of textOf(`/proc/${values.init}/task/${values.init}/children`).split(' ')) {
    const command = pid === '' ? [] : textOf(`/proc/${pid}/cmdline`).split('\0');
    if (command.some((word) => word.endsWith(SERVICE))) process.kill(Number(pid), 'SIGKILL');
  }
}

/** Nothing of a process that has gone meanwhile. */
function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
