// Servers for `test:store` and `test:nats` that are started for one run: Node's own modules only.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './ensure-installed.mjs';

/** The embedded event store, in memory, as a real one was seen to be. Returns its connection string. */
export async function ownStore(asSeen) {
  const prefix = 'UPLIFT_EMBEDDED_EVENTSTORE';
  const settings = { [`${prefix}_AS_SEEN`]: asSeen, [`${prefix}_ALLOW_DELETES`]: 'true' };
  const script = join(root, 'dist/tools/embedded-eventstore/src/main.js');
  const store = fork(script, { env: { ...process.env, ...settings }, stdio: 'ignore' });
  const [{ ports }] = await Promise.race([
    once(store, 'message'),
    once(store, 'exit').then(() => Promise.reject(new Error('The embedded store did not start'))),
  ]);
  store.channel.unref();
  store.unref();
  return `esdb://127.0.0.1:${ports.grpc}?tls=false`;
}

/** The nats-server of a stack. Returns its address, and how to end it. */
export async function ownNats() {
  const args = ['--infrastructure', 'nats', '--services', 'none'];
  const stack = spawn(process.execPath, [join(root, 'dist/tools/stack/src/main.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(stack.stdout)) {
    const [, url] = /^UPLIFT_NATS_URL=(.+)$/.exec(line) ?? [];
    if (url === undefined) continue;
    stack.stdout.resume();
    return { url, stop: () => stack.kill('SIGTERM') && once(stack, 'exit') };
  }
  throw new Error('The nats-server did not start');
}
