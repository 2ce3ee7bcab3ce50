import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';
import { collecting, heldBytes } from './collect-on-signal';
import { ProcessSamples } from './process-samples';

/** As a service loads it: compiled. */
const PRELOAD = `${projectRoot()}/dist/test/soak/collect-on-signal.js`;
/** Holds, lets go, and tells at the signal whether what it held is still there. */
const LETS_GO = `
  let held = Array.from({ length: 80 * 8192 }, (_, n) => [n, n, n, n]);
  const seen = new WeakRef(held);
  console.log('holds ' + held.length);
  held = undefined;
  process.on('SIGUSR2', () => console.log(seen.deref() ? 'still there' : 'collected'));
  process.stdin.resume();
`;

describe('the memory of a service in a soak', () => {
  // Left alone Node would collect, too, but only after a minute or so.
  it('is what is left after a collection at the beginning of a minute', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'uplift-soak-'));
    const env = { ...process.env, ...collecting(folder), NODE_OPTIONS: `--require ${PRELOAD}` };
    const child = spawn(process.execPath, ['-e', LETS_GO], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data');
      let isService = false;
      const pid = child.pid!;
      const samples = new ProcessSamples(() => [{ name: 'it', pid, isService }], folder);
      isService = true;
      const told = once(child.stdout, 'data');
      samples.minute();
      expect(String(await told)).toBe('collected\n');
      const held = heldBytes(folder, pid);
      const [sample] = samples.minute();
      expect(sample!.heldBytes).toBe(held);
      expect(sample!.heldBytes).toBeGreaterThan(0);
      expect(sample!.heldBytes).toBeLessThan(sample!.anonymousBytes);
    } finally {
      child.kill();
      await once(child, 'exit');
      await rm(folder, { recursive: true });
    }
  });
});
