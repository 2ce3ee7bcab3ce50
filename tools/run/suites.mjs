// Which suites run in `npm test` and which in `npm run test:versions`: see CONTRIBUTING.md, "Tests".

/** Of the suites that start whole stacks, those in `npm test`. */
const IN_TEST = ['demo.e2e', 'interfaces.e2e', 'rig.chaos'];
/** Those in `npm run test:versions` that try the bus hardest: on the old nats-server, too. */
const ON_OLD_NATS = ['services.chaos', 'servers.chaos'];
/** Long suites of one adapter or tool that run beside the whole stacks. */
const BESIDE_STACKS = ['bus-cluster.int', 'polled-fleet.int', 'stack.int', 'managed-process.int'];
/** Long suites of one service: on the newest Node, with all contract suites. */
const ON_NEWEST_NODE = ['projector-process.contract', 'command-api/watchdog.contract'];
/** They take long, and prove nothing of Node. */
const SAME_ON_ANY_NODE = ['simulation.unit'];

const oneOf = (names) => `/(${names.join('|').replaceAll('.', '\\.')})\\.spec\\.ts$`;
const noneOf = (names) => `^(?!.*${oneOf(names)})`;

/** By the name of the run: Jest's projects, and what the path of a suite has to match. */
export const RUNS = {
  test: {
    projects: ['unit', 'integration', 'contract', 'e2e', 'chaos'],
    pattern: `${noneOf([...BESIDE_STACKS, ...ON_NEWEST_NODE])}.*\\.(unit|int|contract)\\.spec\\.ts$|${oneOf(IN_TEST)}`,
  },
  newestNode: {
    projects: ['unit', 'contract'],
    pattern: `${noneOf(SAME_ON_ANY_NODE)}.*\\.(unit|contract)\\.spec\\.ts$`,
  },
  oldNats: {
    projects: ['integration', 'contract', 'chaos'],
    // This release is no node of a cluster.
    pattern: `/(bus|relay)/(?!bus-cluster).*\\.(int|contract)\\.spec\\.ts$|${oneOf(ON_OLD_NATS)}`,
  },
  /** All others, and those still to come. */
  stacks: {
    projects: ['integration', 'e2e', 'chaos'],
    pattern: `${noneOf(IN_TEST)}.*\\.(e2e|chaos)\\.spec\\.ts$|${oneOf(BESIDE_STACKS)}`,
  },
};
