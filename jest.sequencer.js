const { default: Sequencer } = require('@jest/test-sequencer');

/** From the longest on. */
const LONG = [
  'rig.chaos',
  'simulation.unit',
  'command-api.contract',
  'projector-process.contract',
  'services.chaos',
  'lagoon.chaos',
  'operators.e2e',
  'crash-runs.chaos',
  'scale.chaos',
  'servers.chaos',
  'relay.int',
  'esdb.event-store.int',
  'relay.contract',
  'interfaces.e2e',
  'bus-cluster.chaos',
  'command-api.chaos',
  'restored-store.chaos',
  'demo.e2e',
  'full-disks.chaos',
  'watchdog.contract',
  'polled-fleet.int',
  'bus-cluster.int',
  'poll-upgrade.contract',
  'forged-message.contract',
  'event-store.chaos',
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
