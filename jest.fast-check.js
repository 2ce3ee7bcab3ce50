const fastCheck = require('./node_modules/fast-check/lib/cjs/fast-check.js');

/** What the suites draw is the same in every run; `UPLIFT_DRAW_SEED` names other draws. */
fastCheck.configureGlobal({ seed: Number(process.env.UPLIFT_DRAW_SEED ?? 1) });

module.exports = fastCheck;
