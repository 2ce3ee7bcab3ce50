import { ensureCurrent, runBuilt } from './ensure-installed.mjs';

await ensureCurrent();
process.setSourceMapsEnabled(true);
await runBuilt('apps/cli/src/main.js');
