const SPEC = '\\.(spec|suite)\\.ts$';
const TEST_CODE = [SPEC, '^test/', '^(apps|libs|tools)/[^/]+/test/', '/testing/'];
const LIB_INDEX = '^libs/[^/]+/src/(testing/)?index\\.ts$';
const TESTING_INDEX = '^libs/[^/]+/src/testing/index\\.ts$';
const EVENTSTORE_CLIENT = 'node_modules/@eventstore/db-client/';

/** Inside the command API imports run from the edge to the core: resources, then transports, then what carries them. */
const commandApi = (...folders) => `^apps/command-api/src/(${folders.join('|')})/`;
const COMMAND_API_EDGE = commandApi(
  ...['instances', 'upgrades', 'system', 'events', 'tokens', 'actors', 'webhooks', 'pages'],
);
const COMMAND_API_CORE = commandApi('commands', 'input');

/** Inside the stage workers: wiring (root, providers), then stages, then what several stages use, then the core. */
const stageWorkers = (...folders) => `^apps/stage-workers/src/(${folders.join('|')})/`;
const STAGE_WORKERS_CORE = stageWorkers('runner', 'store');

/** Inside the projector: wiring, then queries, rebuild and migrate, then the projection, then the read model. */
const projector = (...folders) => `^apps/projector/src/(${folders.join('|')})/`;
const POSTGRESQL_AND_WIRING = [
  '^apps/projector/src/read-model/postgres\\.',
  '^apps/command-api/src/access/postgres\\.actor-names\\.ts$',
  '^apps/webhooks/src/store/postgres\\.',
  '^apps/projector/src/(projector\\.module|rebuild/rebuild-command|migrate/migrate-command)\\.ts$',
];

/** Dependency directions: apps, then infrastructure, then contracts, then domain; never upwards, never sideways. */
module.exports = {
  forbidden: [
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment:
        'The domain imports nothing but itself. Pass ids, times and answers in with the command.',
      from: { path: '^libs/domain/', pathNot: TEST_CODE },
      to: { pathNot: '^libs/domain/' },
    },
    {
      name: 'contracts-know-only-the-domain',
      severity: 'error',
      comment:
        'Contracts know the domain, ajv, canonicalize and Node. Put what needs more into the library that does the I/O.',
      from: { path: '^libs/contracts/', pathNot: TEST_CODE },
      to: {
        pathNot: ['^libs/(contracts|domain)/', 'node_modules/(ajv|canonicalize)/'],
        dependencyTypesNot: ['core'],
      },
    },
    {
      name: 'libs-never-import-apps',
      severity: 'error',
      comment: 'Move what both need into a library, and let the app import it.',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-never-import-apps',
      severity: 'error',
      comment: 'Apps talk over the bus or the store. What they share belongs into a library.',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'command-api-transports-know-no-resource',
      severity: 'error',
      comment:
        'Resources import the transports. What a transport needs to know of one is passed in, or stands in commands.',
      from: { path: commandApi('http', 'nats', 'access'), pathNot: TEST_CODE },
      to: { path: COMMAND_API_EDGE },
    },
    {
      name: 'command-api-core-knows-no-edge',
      severity: 'error',
      comment: 'Commands and input know neither transport nor resource. Pass in what they need.',
      from: { path: COMMAND_API_CORE, pathNot: TEST_CODE },
      to: { path: '^apps/command-api/src/', pathNot: COMMAND_API_CORE },
    },
    {
      name: 'stage-workers-stages-know-no-wiring-nor-each-other',
      severity: 'error',
      comment:
        'A stage imports effects, admission, poller, runner and store. What two stages need belongs into one of those.',
      from: { path: '^apps/stage-workers/src/stages/([^/]+)/', pathNot: TEST_CODE },
      to: {
        path: ['^apps/stage-workers/src/[^/]+$', stageWorkers('providers', 'stages')],
        pathNot: '^apps/stage-workers/src/stages/$1/',
      },
    },
    {
      name: 'stage-workers-tools-know-no-stage-nor-each-other',
      severity: 'error',
      comment:
        'Effects, admission and poller import runner and store. Pass in what else they need.',
      from: {
        path: '^apps/stage-workers/src/(effects|admission|poller)/',
        pathNot: TEST_CODE,
      },
      to: {
        path: '^apps/stage-workers/src/',
        pathNot: ['^apps/stage-workers/src/$1/', STAGE_WORKERS_CORE],
      },
    },
    {
      name: 'stage-workers-core-knows-no-user',
      severity: 'error',
      comment: 'Runner and store know nothing of what is built on them. Pass in what they need.',
      from: { path: STAGE_WORKERS_CORE, pathNot: TEST_CODE },
      to: { path: '^apps/stage-workers/src/', pathNot: STAGE_WORKERS_CORE },
    },
    {
      name: 'projector-folders-know-no-user',
      severity: 'error',
      comment:
        'Queries, rebuild and migrate import projection and read model, and not each other; nothing imports the wiring.',
      from: {
        path: projector('queries', 'rebuild', 'migrate', 'projection', 'read-model'),
        pathNot: TEST_CODE,
      },
      to: {
        path: '^apps/projector/src/',
        pathNot: ['^apps/projector/src/$1/', projector('projection', 'read-model')],
      },
    },
    {
      name: 'projector-read-model-knows-no-projection',
      severity: 'error',
      comment: 'Tables and port know nothing of what is built on them. Pass in what they need.',
      from: { path: projector('read-model'), pathNot: TEST_CODE },
      to: { path: '^apps/projector/src/', pathNot: projector('read-model') },
    },
    {
      name: 'postgresql-only-in-its-adapter',
      severity: 'error',
      comment:
        'Use the ReadModel port, or ActorNames; if it lacks something, add it there and to its twin.',
      from: { path: '^(apps|libs)/', pathNot: POSTGRESQL_AND_WIRING },
      to: { path: ['node_modules/(pg|kysely)/', '/read-model/postgres\\.'] },
    },
    {
      name: 'libs-through-their-index',
      severity: 'error',
      comment: 'Import @uplift/<library>; if a name is missing there, export it from the index.',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/', pathNot: ['^libs/$1/', LIB_INDEX] },
    },
    {
      name: 'libs-through-their-index-from-outside',
      severity: 'error',
      comment: 'Import @uplift/<library>; if a name is missing there, export it from the index.',
      from: { pathNot: '^libs/' },
      to: { path: '^libs/', pathNot: LIB_INDEX },
    },
    {
      name: 'eventstore-client-only-in-event-store',
      severity: 'error',
      comment: 'Use the EventStore port of @uplift/event-store.',
      from: {
        pathNot: ['^libs/event-store/', '^tools/embedded-eventstore/', '^tools/given-store/'],
      },
      to: { path: EVENTSTORE_CLIENT },
    },
    {
      name: 'embedded-eventstore-speaks-the-protocol-only',
      severity: 'error',
      comment:
        'The embedded server may use the generated protobuf classes; the client itself belongs into its tests.',
      from: { path: '^tools/embedded-eventstore/', pathNot: TEST_CODE },
      to: { path: EVENTSTORE_CLIENT, pathNot: '/generated/' },
    },
    {
      name: 'nats-only-in-bus',
      severity: 'error',
      comment: 'Use @uplift/bus; if it lacks something, add it there.',
      from: { pathNot: ['^libs/bus/', '^libs/client/', '^test/', '^bench/'] },
      to: { path: 'node_modules/nats/' },
    },
    {
      name: 'client-knows-only-the-contracts',
      severity: 'error',
      comment:
        'Other teams install the client: it knows the contracts, nats and Node, and nothing of a service.',
      from: { path: '^libs/client/', pathNot: TEST_CODE },
      to: {
        pathNot: ['^libs/(client|contracts)/', 'node_modules/nats/'],
        dependencyTypesNot: ['core'],
      },
    },
    {
      name: 'opentelemetry-only-in-tracing',
      severity: 'error',
      comment: 'Use Tracing of @uplift/runtime; if it lacks something, add it there.',
      from: { pathNot: '^libs/runtime/src/(tracing|testing)/' },
      to: { path: 'node_modules/@opentelemetry/' },
    },
    {
      name: 'opentelemetry-is-loaded-on-demand',
      severity: 'error',
      comment:
        'Where there are no traces nothing of it is loaded: openTracing alone does it, when it is needed.',
      from: {
        path: '^(apps|libs)/',
        pathNot: [...TEST_CODE, '^libs/runtime/src/tracing/open-tracing\\.ts$'],
      },
      to: {
        path: '^libs/runtime/src/tracing/otel\\.tracing\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'production-never-imports-tests',
      severity: 'error',
      comment: 'Move what production needs out of the specs and test folders.',
      from: { path: '^(apps|libs)/', pathNot: TEST_CODE },
      to: { path: TEST_CODE },
    },
    {
      name: 'tools-use-twins-through-their-index',
      severity: 'error',
      comment:
        'Tools and benchmarks may use the twins that a library offers as @uplift/<library>/testing, and no other test code.',
      from: { path: '^(tools|bench)/', pathNot: TEST_CODE },
      to: { path: TEST_CODE, pathNot: TESTING_INDEX },
    },
    {
      name: 'runtime-knows-no-other-library',
      severity: 'error',
      comment: 'Every library may use the runtime: what needs another library belongs above it.',
      from: { path: '^libs/runtime/' },
      to: { path: '^libs/', pathNot: '^libs/runtime/' },
    },
    {
      name: 'tools-only-for-tools-and-tests',
      severity: 'error',
      comment:
        'Tools are for development. Put a spec that needs a real server under test/, and shared code into a library.',
      from: { path: '^(apps|libs)/' },
      to: { path: '^(tools|bench)/' },
    },
    {
      name: 'no-dev-dependencies-in-production',
      severity: 'error',
      comment: 'Make the package a dependency, or do without it.',
      from: { path: '^(apps|libs)/', pathNot: TEST_CODE },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['npm'],
        pathNot: 'node_modules/@types/',
      },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      comment: 'Declare the package in package.json: today it is there by chance only.',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-circular',
      severity: 'error',
      comment:
        'Two files that need each other are one concept, or hide a third: merge them, or move it out.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      comment: 'Correct the path: an import that cannot be resolved satisfies every other rule.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'Delete the file, or import it where it is needed.',
      from: { orphan: true, pathNot: [SPEC, '(^|/)main\\.ts$', '\\.d\\.ts$'] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json', '.d.ts'],
    },
  },
};
