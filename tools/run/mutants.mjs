import { ensureInstalled, runBuilt } from './ensure-installed.mjs';

await ensureInstalled();
await runBuilt('tools/mutants/src/main.js');
