import { ensureInstalled, runBuilt } from './ensure-installed.mjs';

await ensureInstalled();
await runBuilt('tools/demo/src/main.js');
