import { ensureInstalled, runBuilt } from './ensure-installed.mjs';

ensureInstalled();
await runBuilt('test/rig/main.js');
