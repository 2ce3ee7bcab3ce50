import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ensureInstalled, root } from './ensure-installed.mjs';

await ensureInstalled();
// The history of an hour is read whole at the end.
const script = join(root, 'dist/test/soak/main.js');
const args = ['--max-old-space-size=8192', script, ...process.argv.slice(2)];
const child = spawn(process.execPath, args, { stdio: 'inherit', cwd: root });
// Ctrl-C reaches the child by itself, and it ends well.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
const [code] = await once(child, 'close');
process.exit(code ?? 1);
