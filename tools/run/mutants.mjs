import { ensureInstalled, runBuilt } from './ensure-installed.mjs';

ensureInstalled();
await runBuilt('tools/mutants/src/main.js');
