import { ensureInstalled, root } from './ensure-installed.mjs';

ensureInstalled();
await import(`${root}/dist/tools/demo/src/main.js`);
