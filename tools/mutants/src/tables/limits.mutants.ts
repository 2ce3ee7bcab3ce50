import type { Mutant } from '../mutant';

const API = 'apps/command-api/src';
const PROJECTOR = 'apps/projector/src';
const LIBRARY = 'libs/access/src';
const TOKENS = 'libs/domain/src/system/api-tokens.ts';
const TOKENS_SPEC = 'libs/domain/src/system/api-tokens.unit.spec.ts';
const COMMANDS = `${API}/commands/command-service.ts`;
const LIMITS = `${API}/commands/instance-limits.ts`;
const LIMITS_SPEC = `${API}/commands/instance-limits.unit.spec.ts`;
const RIGHTS = `${API}/events/event-rights.ts`;
const LIMITER = `${LIBRARY}/request-limiter.ts`;
const LIMITER_SPEC = `${LIBRARY}/request-limiter.unit.spec.ts`;
const JWT = `${LIBRARY}/jwt-verifier.ts`;
const JWT_SPEC = `${LIBRARY}/jwt-verifier.unit.spec.ts`;
const QUERIES = `${PROJECTOR}/queries/query-access.ts`;
const INVENTORY = 'test/contract/command-api/limited-tokens.unit.spec.ts';

/** For which instances a token is good, and how often. */
export const LIMITS_MUTANTS: readonly Mutant[] = [
  {
    id: 'limited-token-fills-the-list',
    breaks: ['S-06'],
    what: 'a limited token creates as many as there may be for all',
    file: TOKENS,
    search: 'if (kinInForce < MOST_API_TOKENS_FROM_LIMITED) return;',
    replacement: 'if (kinInForce < MOST_API_TOKENS) return;',
    test: {
      spec: TOKENS_SPEC,
      name: 'is one of a hundred at most that come from one limited token',
    },
  },
  {
    id: 'limited-token-everywhere',
    breaks: ['S-02'],
    what: 'a token for some instances comes to handlers that know of no limit',
    file: `${API}/access/access.guard.ts`,
    search: "if (access.limits === 'refused' && isLimit(labels)) {",
    replacement: "if (access.limits === 'refused' && isLimit({})) {",
    test: {
      spec: `${API}/access/access.guard.unit.spec.ts`,
      name: 'lets a limited token only to handlers that hold it to its instances',
    },
  },
  {
    id: 'one-label-is-enough',
    breaks: ['S-02'],
    what: 'an instance is within a limit with one of its labels',
    file: 'libs/domain/src/labels.ts',
    search: 'return Object.entries(limit).every(',
    replacement: 'return Object.entries(limit).some(',
    test: { spec: 'libs/domain/src/labels.unit.spec.ts', name: 'one of two' },
  },
  {
    id: 'command-to-a-foreign-instance',
    breaks: ['S-02'],
    what: 'a command is taken for whatever instance it names',
    file: LIMITS,
    search: 'if (await this.coversLoaded(caller.labels, instanceId, loaded)) return;',
    replacement: 'if (await this.coversLoaded({}, instanceId, loaded)) return;',
    test: {
      spec: LIMITS_SPEC,
      name: 'is answered for a foreign instance word by word as for none',
    },
  },
  {
    id: 'foreign-instance-told-by-time',
    breaks: ['S-02'],
    what: 'the time of a 404 tells whether there is such an instance',
    file: LIMITS,
    search: 'if (restMs > 0) await this.clock.pause(restMs);',
    replacement: 'if (restMs > HIDDEN_MS) await this.clock.pause(restMs);',
    test: {
      spec: LIMITS_SPEC,
      name: 'is answered for a foreign instance word by word as for none',
    },
  },
  {
    id: 'registration-outside-the-limit',
    breaks: ['S-02'],
    what: 'a token for some instances registers others',
    file: LIMITS,
    search: 'if (labels === null || isWithin(labels, caller.labels)) return;',
    replacement: 'if (labels === null || isWithin(labels, {})) return;',
    test: {
      spec: LIMITS_SPEC,
      name: 'registers instances with these labels alone, and under no id of others',
    },
  },
  {
    id: 'holder-of-an-environment-told',
    breaks: ['S-02'],
    what: 'whoever asks for an environment is told the id of a foreign instance',
    file: COMMANDS,
    search: 'isLimit(caller.labels) ? neutral : { instanceId, ...document };',
    replacement: '{ instanceId, ...document };',
    test: { spec: LIMITS_SPEC, name: 'is not told whose instance has an environment' },
  },
  {
    id: 'labels-of-an-earlier-registration',
    breaks: ['S-02'],
    what: 'a client goes on to be sent the events of an instance that has got other labels',
    file: RIGHTS,
    search: 'event.revision > known.revision',
    replacement: 'event.revision < known.revision',
    test: {
      spec: `${API}/events/event-rights.unit.spec.ts`,
      name: 'are those whose newest registration carries the labels, looked up once',
    },
  },
  {
    id: 'events-of-foreign-instances',
    breaks: ['S-02', 'S-11'],
    what: 'a stream of events sends what is about any instance',
    file: `${API}/events/event-watch.ts`,
    search: 'if (await this.instances.covers(event)) await this.sink.write(eventFrame(event));',
    replacement: 'await this.sink.write(eventFrame(event));',
    test: {
      spec: `${API}/events/event-watch.unit.spec.ts`,
      name: 'sends a limited client nothing of other instances',
    },
  },
  {
    id: 'child-wider-than-its-parent',
    breaks: ['S-02'],
    what: 'a token for some instances creates one for others',
    file: TOKENS,
    search:
      'if (!isWithin(wanted.labels, held.labels)) throw new ApiTokenTooWideError(held.labels);',
    replacement:
      'if (!isWithin(wanted.labels, wanted.labels)) throw new ApiTokenTooWideError(held.labels);',
    test: { spec: TOKENS_SPEC, name: 'reaches no further than the one that creates it' },
  },
  {
    id: 'wider-token-revoked',
    breaks: ['S-02'],
    what: 'a token for some instances revokes one that reaches further',
    file: TOKENS,
    search: 'if (!named || !isWithin(rightsOf(named).labels, within)) {',
    replacement: 'if (!named || !isWithin(within, within)) {',
    test: {
      spec: TOKENS_SPEC,
      name: 'cannot be revoked by whoever reaches less than it, and does not exist for him',
    },
  },
  {
    id: 'limit-unknown-to-older-builds',
    breaks: ['S-02'],
    what: 'a build that knows of no limit lets a token for some instances reach all',
    file: `${API}/tokens/token-commands.ts`,
    search: '{ scopes: [], limited: { labels, scopes } }',
    replacement: '{ scopes, limited: { labels, scopes } }',
    test: {
      spec: `${API}/tokens/token-commands.unit.spec.ts`,
      name: 'is without any scope for a build that knows of no limit',
    },
  },
  {
    id: 'claim-of-labels-passed-over',
    breaks: ['S-02', 'S-03'],
    what: 'a JSON Web Token reaches every instance, whatever its claim says',
    file: JWT,
    search: 'labels: labelsIn(claims[LABELS_CLAIM]),',
    replacement: 'labels: labelsIn(claims[`no_${LABELS_CLAIM}`]),',
    test: { spec: JWT_SPEC, name: 'limits its holder to the labels of its claim' },
  },
  {
    id: 'unreadable-claim-is-no-limit',
    breaks: ['S-02', 'S-03'],
    what: 'a claim of labels that cannot be read lets a token reach every instance',
    file: JWT,
    search: 'if (claim === undefined) return {};',
    replacement: 'if (!isLabels(claim)) return {};',
    test: { spec: JWT_SPEC, name: 'is refused with a claim of labels that is no limit' },
  },
  {
    id: 'read-model-shown-whole',
    breaks: ['S-02'],
    what: 'lists, numbers and single reads are of every instance',
    file: `${PROJECTOR}/queries/snapshot-reader.ts`,
    search: 'const seen = limits.length === 0 ? snapshot : snapshot.limitedTo(limits);',
    replacement: 'const seen = limits.length < 0 ? snapshot.limitedTo(limits) : snapshot;',
    test: {
      spec: INVENTORY,
      name: 'sees its own in every list, and the root token all of them',
    },
  },
  {
    id: 'rows-of-every-instance',
    breaks: ['S-02'],
    what: 'the database answers a limited reader with the rows of every instance',
    file: `${PROJECTOR}/read-model/postgres.statements.ts`,
    search: 'if (limits.length === 0 && wanted.length === 0) return [];',
    replacement: 'if (limits.length >= 0) return [];',
    test: {
      spec: 'test/contract/projector/read-model.int.spec.ts',
      name: 'pages through its own rows, however many of others lie between',
    },
  },
  {
    id: 'holder-of-an-environment-kept',
    breaks: ['S-02'],
    what: 'a refusal that is kept names a foreign instance to whoever watches',
    file: COMMANDS,
    search: 'this.refusals.record(request, neutral, loaded.state);',
    replacement: 'this.refusals.record(request, { instanceId, ...document }, loaded.state);',
    test: { spec: LIMITS_SPEC, name: 'is not told it by what is kept of the refusal of others' },
  },
  {
    id: 'limit-of-a-query-not-passed-on',
    breaks: ['S-02'],
    what: 'the command API asks the read model for more than its caller may see',
    file: `${API}/nats/read-model.ts`,
    search: 'isLimit(labels) && takesLabels(name) ?',
    replacement: 'isLimit({}) && takesLabels(name) ?',
    test: { spec: INVENTORY, name: 'is told numbers of its own instances alone' },
  },
  {
    id: 'token-of-a-query-not-looked-at',
    breaks: ['S-01', 'S-02'],
    what: 'a query on the bus is answered whatever token it carries',
    file: QUERIES,
    search: "await this.authenticator.identify('nats', token);",
    replacement: "await this.authenticator.identify('nats', token && undefined);",
    test: { spec: INVENTORY, name: 'no bad token, and none without its scope' },
  },
  {
    id: 'scope-of-a-query-not-looked-at',
    breaks: ['S-01'],
    what: 'a query on the bus is answered to any good token',
    file: QUERIES,
    search: 'if (scopes.includes(scope)) return;',
    replacement: 'if (scopes.length >= 0) return;',
    test: { spec: INVENTORY, name: 'no bad token, and none without its scope' },
  },
  {
    id: 'query-wider-than-its-token',
    breaks: ['S-02'],
    what: 'a query with labels of its own is not held to those of its token',
    file: QUERIES,
    search: 'limits: [labels, ...label.map(labelIn), ofToken].filter(isLimit)',
    replacement:
      'limits: [isLimit(labels) ? labels : ofToken, ...label.map(labelIn)].filter(isLimit)',
    test: { spec: INVENTORY, name: 'may limit itself, and no further than its token' },
  },
  {
    id: 'one-more-in-a-minute',
    breaks: ['S-06'],
    what: 'a token may send more in a minute than is said',
    file: LIMITER,
    search: 'const isSpent = window.count >= limit;',
    replacement: 'const isSpent = window.count > limit;',
    test: {
      spec: LIMITER_SPEC,
      name: 'takes so many of each kind in the minute that the first begins',
    },
  },
  {
    id: 'counters-without-end',
    breaks: ['S-06', 'I-33'],
    what: 'the counters of callers take whatever memory there is',
    file: LIMITER,
    search: 'if (this.size >= MOST_WINDOWS) this.forgetFirst();',
    replacement: 'if (this.size >= 100 * MOST_WINDOWS) this.forgetFirst();',
    test: {
      spec: LIMITER_SPEC,
      name: 'remembers no more than 20,000, and nobody whose minute is over',
    },
  },
  {
    id: 'requests-not-counted',
    breaks: ['S-06'],
    what: 'a token may send as much as it likes',
    file: `${API}/access/access.guard.ts`,
    search: "if (access.kind !== 'instance') this.count(context, shown, principal);",
    replacement: "if (access.kind === 'instance') this.count(context, shown, principal);",
    test: {
      spec: `${API}/access/access.guard.unit.spec.ts`,
      name: 'counts what the holder of a token sends, writes and reads apart, refused or not',
    },
  },
  {
    id: 'streams-of-a-token-by-address',
    breaks: ['S-06'],
    what: 'a token opens as many streams as it has addresses',
    file: `${API}/events/event-streams.ts`,
    search: 'return isCounted(principal)',
    replacement: 'return !isCounted(principal)',
    test: {
      spec: `${API}/events/event-streams.unit.spec.ts`,
      name: 'bounds the streams of one token, from wherever they are opened',
    },
  },
];
