const { default: Sequencer } = require('@jest/test-sequencer');

/** From the longest on. */
const LONG = [
  'services.chaos',
  'uplift.e2e',
  'crash-runs.chaos',
  'lagoon.chaos',
  'command-api.contract',
  'scale.chaos',
  'servers.chaos',
  'relay.int',
  'projector-process.contract',
  'bus-cluster.chaos',
  'command-api.chaos',
  'restored-store.chaos',
  'demo.e2e',
  'relay.contract',
  'event-store.chaos',
  'esdb.event-store.int',
  'forged-message.contract',
  'upgrade.contract',
];
const UNIT = '.unit.spec.ts';

/**
 * The order of the suites: the longest first, unit suites last, so that all workers end at about the same time. Jest's
 * own order needs times that it has measured before; in a fresh clone it would begin with the largest files.
 */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    return [...tests].sort((one, other) => rankOf(one) - rankOf(other));
  }
};

function rankOf({ path }) {
  const rank = LONG.findIndex((name) => path.endsWith(`/${name}.spec.ts`));
  if (rank >= 0) return rank;
  return path.endsWith(UNIT) ? LONG.length + 1 : LONG.length;
}
