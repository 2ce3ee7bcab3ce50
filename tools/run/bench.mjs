import { ensureInstalled, runBuilt } from './ensure-installed.mjs';

ensureInstalled();
await runBuilt('bench/main.js');
