const { availableParallelism } = require('node:os');

const TRANSFORMED = '(jose|@opentelemetry/otlp-exporter-base)';

const suite = (name, suffix) => ({
  displayName: name,
  testMatch: [`<rootDir>/{apps,libs,tools,test}/**/*.${suffix}.spec.ts`],
  testEnvironment: '<rootDir>/jest.environment.js',
  // jose is an ES module, and the exporter of traces imports when it is used: Jest does neither as such.
  transform: { '^.+\\.ts$': '@swc/jest', [`/node_modules/${TRANSFORMED}/.+\\.js$`]: '@swc/jest' },
  transformIgnorePatterns: [`/node_modules/(?!${TRANSFORMED}/)`],
  moduleNameMapper: {
    '^fast-check$': '<rootDir>/jest.fast-check.js',
    '^@uplift/([^/]+)/testing$': '<rootDir>/libs/$1/src/testing/index.ts',
    '^@uplift/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/\\.dist-', '<rootDir>/\\.uplift'],
});

/** The suffix of a spec says what it needs: see CONTRIBUTING.md, "Tests". */
module.exports = {
  projects: [
    suite('unit', 'unit'),
    suite('integration', 'int'),
    suite('contract', 'contract'),
    suite('e2e', 'e2e'),
    suite('chaos', 'chaos'),
  ],
  // A test that hangs ends; how fast the machine is must not matter. A file may set a limit of its own.
  testTimeout: 300_000,
  testSequencer: '<rootDir>/jest.sequencer.js',
  // One more than there are cores: suites on real servers wait now and then.
  maxWorkers: availableParallelism() + 1,
  // Measured when the whole unit suite runs: one spec alone cannot reach every branch.
  collectCoverage: process.env.npm_lifecycle_event === 'test:unit',
  collectCoverageFrom: ['libs/domain/src/**/*.ts', '!libs/domain/src/{index.ts,testing/**}'],
  coverageReporters: ['text-summary'],
  coverageThreshold: { './libs/domain/src/': { branches: 100 } },
};
