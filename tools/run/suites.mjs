// Which suites run in `npm test` and which in `npm run test:versions`: see CONTRIBUTING.md, "Tests".
// Node's own modules only.

/** Of the suites that start whole stacks, those in `npm test`. */
const IN_TEST = ['demo.e2e', 'interfaces.e2e', 'rig.chaos'];
/** Those in `npm run test:versions` that try the bus hardest: on the old nats-server. */
const ON_OLD_NATS = ['services.chaos', 'servers.chaos'];

const oneOf = (names) => `/(${names.join('|').replaceAll('.', '\\.')})\\.spec\\.ts$`;

/** By the name of the run: Jest's projects, and what the path of a suite has to match. */
export const RUNS = {
  test: {
    projects: ['unit', 'integration', 'contract', 'e2e', 'chaos'],
    pattern: `\\.(unit|int|contract)\\.spec\\.ts$|${oneOf(IN_TEST)}`,
  },
  newestNode: { projects: ['unit', 'contract'], pattern: '\\.(unit|contract)\\.spec\\.ts$' },
  oldNats: {
    projects: ['integration', 'contract', 'chaos'],
    // This release is no node of a cluster.
    pattern: `/(bus|relay)/(?!bus-cluster).*\\.(int|contract)\\.spec\\.ts$|${oneOf(ON_OLD_NATS)}`,
  },
  /** All others, and those still to come. */
  stacks: {
    projects: ['e2e', 'chaos'],
    pattern: `^(?!.*${oneOf([...IN_TEST, ...ON_OLD_NATS])}).*\\.(e2e|chaos)\\.spec\\.ts$`,
  },
};
