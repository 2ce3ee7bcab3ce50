import { ensureInstalled, runBuilt } from './ensure-installed.mjs';

ensureInstalled();
await runBuilt('test/simulation/main.js');
