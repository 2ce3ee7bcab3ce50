import { ensureInstalled, runBuilt } from './ensure-installed.mjs';

await ensureInstalled();
await runBuilt('test/simulation/main.js');
