import { spawn } from 'node:child_process';
import { ensureInstalled, root } from './ensure-installed.mjs';

ensureInstalled();
const child = spawn('node', ['dist/tools/stack/src/main.js', '--watch'], {
  cwd: root,
  stdio: 'inherit',
});
['SIGINT', 'SIGTERM'].forEach((signal) => process.on(signal, () => child.kill(signal)));
child.on('exit', (code) => process.exit(code ?? 1));
