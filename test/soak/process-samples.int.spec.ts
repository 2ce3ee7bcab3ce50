import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { projectRoot } from '../../tools/stack/src';
import { eventually } from '../support/eventually';
import { ProcessSamples } from './process-samples';

const PRELOAD = `${projectRoot()}/dist/test/soak/collect-on-signal.js`;
const MIB = 1024 * 1024;
/** Holds 80 MiB long enough for Node to take it for something that stays, and lets it go. */
const LETS_GO = `
  let held = Array.from({ length: 80 * 8192 }, (_, n) => [n, n, n, n, n, n, n, n, n, n, n, n]);
  setTimeout(() => { held = undefined; console.log('let go'); setInterval(() => {}, 1000); }, 100);
`;

describe('the memory of a service in a soak', () => {
  it('is what is left after a collection at the beginning of a minute', async () => {
    const env = {
      ...process.env,
      NODE_OPTIONS: `--require ${PRELOAD}`,
      SOAK_COLLECTS: 'on signal',
    };
    const child = spawn(process.execPath, ['-e', LETS_GO], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data');
      let isService = false;
      const samples = new ProcessSamples(() => [{ name: 'it', pid: child.pid!, isService }]);
      const [before] = samples.minute();
      isService = true;
      samples.minute();
      await eventually(() => {
        samples.look();
        const [after] = samples.minute();
        expect(before!.anonymousBytes - after!.anonymousBytes).toBeGreaterThan(40 * MIB);
      });
    } finally {
      child.kill();
    }
  });
});
