import { ensureInstalled, runBuilt } from './ensure-installed.mjs';

ensureInstalled();
await runBuilt('tools/nats-accounts/src/main.js');
