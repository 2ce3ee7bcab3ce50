import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { projectRoot } from '../../tools/stack/src';
import { COLLECTING } from './collect-on-signal';
import { ProcessSamples } from './process-samples';

/** As a service loads it: compiled. */
const PRELOAD = `${projectRoot()}/dist/test/soak/collect-on-signal.js`;
const MIB = 1024 * 1024;
/** Holds so much that Node takes it for something that stays, and lets it go. */
const LETS_GO = `
  let held = Array.from({ length: 80 * 8192 }, (_, n) => [n, n, n, n, n, n, n, n, n, n, n, n]);
  console.log('holds ' + held.length);
  held = undefined;
  process.on('SIGUSR2', () => console.log('has collected'));
  process.stdin.resume();
`;

describe('the memory of a service in a soak', () => {
  it('is what is left after a collection at the beginning of a minute', async () => {
    const env = { ...process.env, ...COLLECTING, NODE_OPTIONS: `--require ${PRELOAD}` };
    const child = spawn(process.execPath, ['-e', LETS_GO], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data');
      let isService = false;
      const samples = new ProcessSamples(() => [{ name: 'it', pid: child.pid!, isService }]);
      const [before] = samples.minute();
      isService = true;
      // Left alone Node would collect, too, after a minute or so.
      const collected = once(child.stdout, 'data');
      samples.minute();
      await collected;
      const [after] = samples.minute();
      expect(before!.anonymousBytes - after!.anonymousBytes).toBeGreaterThan(40 * MIB);
    } finally {
      child.kill();
    }
  });
});
