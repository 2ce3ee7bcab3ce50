import { ensureInstalled, root } from './ensure-installed.mjs';

ensureInstalled();
await import(`${root}/dist/bench/main.js`);
