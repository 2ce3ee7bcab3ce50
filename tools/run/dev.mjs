import { ensureInstalled, runBuilt } from './ensure-installed.mjs';

await ensureInstalled();
process.argv.push('--watch');
await runBuilt('tools/stack/src/main.js');
