import type { Mutant } from '../mutant';

const API = 'apps/command-api/src';
const TOKENS = `${API}/access/callback-tokens.ts`;
const TOKENS_SPEC = `${API}/access/callback-tokens.unit.spec.ts`;
const LIMITER = `${API}/instances/callback-limiter.ts`;
const LIMITER_SPEC = `${API}/instances/callback-limiter.unit.spec.ts`;
const FOREIGN = `${API}/http/foreign-requests.ts`;
const FOREIGN_SPEC = `${API}/http/foreign-requests.unit.spec.ts`;

/** What apps report of themselves, and what pages in a browser send. */
export const CALLBACK_MUTANTS: readonly Mutant[] = [
  {
    id: 'any-token-of-a-callback',
    breaks: ['S-19'],
    what: 'a report of health is taken with any token',
    file: TOKENS,
    search: 'timingSafeEqual(digest(given), digest(token))',
    replacement: 'timingSafeEqual(digest(given), digest(given || token))',
    test: { spec: TOKENS_SPEC, name: 'is refused: ' },
  },
  {
    id: 'one-token-for-all-callbacks',
    breaks: ['S-19'],
    what: 'the token of one instance is good for every other',
    file: TOKENS,
    search: "update(instanceId, 'utf8')",
    replacement: "update(instanceId.slice(0, 0), 'utf8')",
    test: { spec: TOKENS_SPEC, name: 'follows from the key and the instance' },
  },
  {
    id: 'callbacks-without-a-key',
    breaks: ['S-19', 'S-04'],
    what: 'without a key reports of health are taken',
    file: TOKENS,
    search: 'if (key !== undefined) return key;',
    replacement: "if (key !== 'none') return key ?? '';",
    test: { spec: TOKENS_SPEC, name: 'does not exist without a key: every report is refused' },
  },
  {
    id: 'callback-token-in-url',
    breaks: ['S-19', 'S-10'],
    what: 'a token in the URL is taken although no setting says so',
    file: TOKENS,
    search: "if (this.policy.isTokenTakenFromUrl && typeof token === 'string') return token;",
    replacement: "if (typeof token === 'string') return token;",
    test: { spec: TOKENS_SPEC, name: 'is refused: ' },
  },
  {
    id: 'callback-by-get',
    breaks: ['S-19'],
    what: 'a GET reports the health although no setting says so',
    file: TOKENS,
    search: "if (request.method !== 'POST' && !this.policy.isGetTaken) {",
    replacement: "if (request.method === 'PUT' && !this.policy.isGetTaken) {",
    test: { spec: TOKENS_SPEC, name: 'comes with a POST, and with a GET only where that is set' },
  },
  {
    id: 'callback-key-before-refused',
    breaks: ['S-19'],
    what: 'a new key ends every token at once',
    file: TOKENS,
    search: 'this.policy.keys.map((key)',
    replacement: 'this.policy.keys.slice(0, 1).map((key)',
    test: { spec: TOKENS_SPEC, name: 'is good under the key before' },
  },
  {
    id: 'callbacks-unlimited',
    breaks: ['S-19', 'S-06'],
    what: 'an instance reports its health as often as it likes',
    file: LIMITER,
    search: 'if (waitMs > 0) throw tooMany(waitMs);',
    replacement: '',
    test: { spec: LIMITER_SPEC, name: 'are taken twelve at once, then one in five seconds' },
  },
  {
    id: 'callers-remembered-for-ever',
    breaks: ['I-33'],
    what: 'every instance that ever reported its health is kept in memory',
    file: LIMITER,
    search: 'this.forgetPaidOff(now);',
    replacement: '',
    test: { spec: LIMITER_SPEC, name: 'is nothing of an instance a minute after its last report' },
  },
  {
    id: 'callback-burns-a-key',
    breaks: ['S-19', 'I-02'],
    what: 'a report of health uses up the key of a command',
    file: `${API}/http/http-requests.ts`,
    search: 'idempotencyKey: key, isKeyless: true }',
    replacement: "idempotencyKey: headerOf(request, 'idempotency-key') ?? key, isKeyless: true }",
    test: {
      spec: `${API}/instances/health-callback.controller.unit.spec.ts`,
      name: 'is that of its own, whatever key the request names',
    },
  },
  {
    id: 'any-host-while-open',
    breaks: ['S-12'],
    what: 'a name that leads to this machine opens an API without tokens to a web page',
    file: FOREIGN,
    search: 'if (isOff && !isLoopbackHost(host))',
    replacement: "if (isOff && host === 'nobody')",
    test: { spec: FOREIGN_SPEC, name: 'is not answered where everybody may do everything' },
  },
  {
    id: 'any-origin',
    breaks: ['S-12'],
    what: 'a web page of anybody sends commands',
    file: FOREIGN,
    search: 'return new URL(origin).host !== new URL(own).host;',
    replacement: 'return new URL(origin).host === new URL(own).host + from;',
    test: { spec: FOREIGN_SPEC, name: 'changes nothing' },
  },
  {
    id: 'origin-of-a-callback',
    breaks: ['S-12', 'S-19'],
    what: 'a web page of anybody reports the health of an instance by a GET',
    file: FOREIGN,
    search: 'routeOptions.url?.startsWith(CALLBACKS) === true',
    replacement: 'routeOptions.url === CALLBACKS',
    test: { spec: FOREIGN_SPEC, name: 'changes nothing' },
  },
  {
    id: 'foreign-requests-not-looked-at',
    breaks: ['S-12'],
    what: 'the service asks no request where it comes from',
    file: `${API}/http/http-transport.ts`,
    search: '  refuseForeign(app);',
    replacement: '',
    test: {
      spec: `${API}/http/http-transport.unit.spec.ts`,
      name: 'refuses what a page of another address sends, with its document',
    },
  },
  {
    id: 'refused-import-read-for-ever',
    breaks: ['S-06'],
    what: 'the lines of an import that was refused keep its connection open',
    file: `${API}/http/import-body.ts`,
    search:
      "if (routeOptions.url === IMPORT_ROUTE && !raw.complete) reply.header('connection', 'close');",
    replacement: '',
    test: {
      spec: `${API}/http/http-transport.unit.spec.ts`,
      name: 'closes the connection of an import that is refused, whose lines may never end',
    },
  },
  {
    id: 'reference-loads-from-elsewhere',
    breaks: ['S-12'],
    what: 'the page of the API may run scripts of other servers',
    file: `${API}/pages/api-reference.ts`,
    search: "script-src 'self';",
    replacement: 'script-src *;',
    test: {
      spec: `${API}/pages/html-pages.unit.spec.ts`,
      name: 'may fetch and run what comes from this service, and nothing else',
    },
  },
];
