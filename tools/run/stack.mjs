import { ensureInstalled, runBuilt } from './ensure-installed.mjs';

await ensureInstalled();
await runBuilt('tools/stack/src/main.js');
