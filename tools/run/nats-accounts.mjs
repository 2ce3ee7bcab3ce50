import { ensureInstalled, runBuilt } from './ensure-installed.mjs';

await ensureInstalled();
await runBuilt('tools/nats-accounts/src/main.js');
