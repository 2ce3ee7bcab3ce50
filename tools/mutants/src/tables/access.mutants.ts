import type { Mutant } from '../mutant';

const ACCESS = 'apps/command-api/src/access';
const LIBRARY = 'libs/access/src';

/** Who may come in. */
export const ACCESS_MUTANTS: readonly Mutant[] = [
  {
    id: 'route-without-a-scope',
    breaks: ['S-01'],
    what: 'a service starts with a route that says nothing of who may use it',
    file: `${ACCESS}/route-access.ts`,
    search: 'if (undeclared.length === 0) return;',
    replacement: 'if (undeclared.length >= 0) return;',
    test: {
      spec: `${ACCESS}/route-access.unit.spec.ts`,
      name: 'keep it from starting when one of them says nothing',
    },
  },
  {
    id: 'scope-not-looked-at',
    breaks: ['S-01'],
    what: 'any good token opens any route',
    file: `${ACCESS}/access.guard.ts`,
    search: 'if (scope !== undefined && !principal.scopes.includes(scope)) throw lacking(scope);',
    replacement: '',
    test: { spec: `${ACCESS}/access.guard.unit.spec.ts`, name: 'lets nobody in without the scope' },
  },
  {
    id: 'nothing-set-is-open',
    breaks: ['S-04'],
    what: 'a service starts although nothing says who may come in',
    file: `${LIBRARY}/access-policy.ts`,
    search: "if (auth === 'required' && rootTokenHash === undefined && jwtIssuer === undefined) {",
    replacement:
      "if (auth !== 'required' && rootTokenHash === undefined && jwtIssuer === undefined) {",
    test: {
      spec: `${LIBRARY}/access-policy.unit.spec.ts`,
      name: 'nothing is set',
    },
  },
  {
    id: 'open-to-other-hosts',
    breaks: ['S-04'],
    what: 'access may be off where other hosts reach the service',
    file: `${LIBRARY}/access-policy.ts`,
    search: "if (auth === 'off' && !isLoopback(httpHost)) {",
    replacement: "if (auth === 'off' && httpHost === '') {",
    test: {
      spec: `${LIBRARY}/access-policy.unit.spec.ts`,
      name: 'access is off for others',
    },
  },
  {
    id: 'any-algorithm',
    breaks: ['S-03'],
    what: 'a token may be signed with any algorithm that a key allows',
    file: `${LIBRARY}/jwt-verifier.ts`,
    search: `        algorithms: [...algorithms],
`,
    replacement: `        algorithms: [...algorithms, 'RS512', 'PS256'],
`,
    test: {
      spec: `${LIBRARY}/jwt-verifier.unit.spec.ts`,
      name: 'cannot bring its own key, nor an algorithm that is not on the list',
    },
  },
  {
    id: 'any-audience',
    breaks: ['S-03'],
    what: 'a token for another service is taken',
    file: `${LIBRARY}/jwt-verifier.ts`,
    search: `        audience,
        algorithms`,
    replacement: '        algorithms',
    test: { spec: `${LIBRARY}/jwt-verifier.unit.spec.ts`, name: 'for another audience' },
  },
  {
    id: 'any-issuer',
    breaks: ['S-03'],
    what: 'a token of another issuer is taken',
    file: `${LIBRARY}/jwt-verifier.ts`,
    search: `        issuer,
        audience,
        algorithms`,
    replacement: `        audience,
        algorithms`,
    test: { spec: `${LIBRARY}/jwt-verifier.unit.spec.ts`, name: 'of another issuer' },
  },
  {
    id: 'token-without-end',
    breaks: ['S-03'],
    what: 'a token needs no end',
    file: `${LIBRARY}/jwt-verifier.ts`,
    search: "requiredClaims: ['exp', 'iat', 'sub']",
    replacement: "requiredClaims: ['iat', 'sub']",
    test: { spec: `${LIBRARY}/jwt-verifier.unit.spec.ts`, name: 'without end' },
  },
  {
    id: 'long-tolerance',
    breaks: ['S-03'],
    what: 'a token is good for minutes after its end',
    file: `${LIBRARY}/jwt-verifier.ts`,
    search: 'clockTolerance: TOLERANCE_SECONDS',
    replacement: 'clockTolerance: 10 * TOLERANCE_SECONDS',
    test: {
      spec: `${LIBRARY}/jwt-verifier.unit.spec.ts`,
      name: 'is good until 30 seconds after its end',
    },
  },
  {
    id: 'key-storm',
    breaks: ['S-03'],
    what: 'each token with an unknown key makes a request to the issuer',
    file: `${LIBRARY}/issuer-keys.ts`,
    search: 'const UNKNOWN_KEY_PAUSE_MS = 30_000;',
    replacement: 'const UNKNOWN_KEY_PAUSE_MS = 0;',
    test: {
      spec: `${LIBRARY}/jwt-verifier.unit.spec.ts`,
      name: 'are read once for a storm of tokens with keys that nobody knows, and again after 30 s',
    },
  },
  {
    id: 'expired-api-token',
    breaks: ['S-04'],
    what: 'an API token is good for ever',
    file: `${LIBRARY}/authenticator.ts`,
    search:
      'if (!isInForce(token, new Date(this.clock.wall()).toISOString())) throw refusedFor(token);',
    replacement: 'if (token.isRevoked) throw refusedFor(token);',
    test: {
      spec: `${LIBRARY}/authenticator.unit.spec.ts`,
      name: 'is nobody from the moment at which the token expires',
    },
  },
  {
    id: 'revoked-api-token',
    breaks: ['S-04'],
    what: 'a revoked API token is good until it expires',
    file: 'libs/domain/src/system/api-tokens.ts',
    search: 'return !isRevoked && expiresAt > now;',
    replacement: 'return isRevoked || expiresAt > now;',
    test: {
      spec: `${LIBRARY}/authenticator.unit.spec.ts`,
      name: 'is nobody a minute after another process has revoked the token, however often it asks',
    },
  },
  {
    id: 'revoked-creator',
    breaks: ['S-04'],
    what: 'a revoked token creates another one in a process that has not heard of it',
    file: 'libs/domain/src/system/api-tokens.ts',
    search:
      'if (creator !== undefined && !isInForce(creator, now)) throw new ApiTokenCreatorOverError();',
    replacement: '',
    test: {
      spec: 'apps/command-api/src/tokens/token-commands.unit.spec.ts',
      name: 'creates none in a process that has not heard of it yet',
    },
  },
  {
    id: 'token-from-before-a-restore',
    breaks: ['S-04'],
    what: 'a token counts that was created before the time from which tokens count',
    file: `${LIBRARY}/api-tokens.ts`,
    search: "if (type === 'ApiTokenCreated' && createdAt < this.countedFrom)",
    replacement: "if (type === 'ApiTokenCreated' && createdAt < 0)",
    test: {
      spec: `${LIBRARY}/authenticator.unit.spec.ts`,
      name: 'is nobody, as if it had been revoked',
    },
  },
  {
    id: 'old-token-list',
    breaks: ['S-04'],
    what: 'tokens are taken by a list that is older than a minute',
    file: `${LIBRARY}/api-tokens.ts`,
    search: 'const OLDEST_MS = 50_000;',
    replacement: 'const OLDEST_MS = 500_000;',
    test: {
      spec: `${LIBRARY}/authenticator.unit.spec.ts`,
      name: 'is not known while the store has not been read for a minute, and 503 is no 401',
    },
  },
  {
    id: 'denial-not-recorded',
    breaks: ['S-18'],
    what: 'a denied command leaves no trace',
    file: `${ACCESS}/access.guard.ts`,
    search: 'this.refusals.recordDenial({ command, transport, code, actor });',
    replacement: '',
    test: {
      spec: `${ACCESS}/access.guard.unit.spec.ts`,
      name: 'keeps each denied command once an hour, with whom it was denied to',
    },
  },
  {
    id: 'events-without-their-scope',
    breaks: ['S-11'],
    what: 'whoever reads instances is sent every event of the system',
    file: 'apps/command-api/src/events/event-watch.ts',
    search: 'if (mayWatch(scopes, event)) this.waiting.push(event);',
    replacement: 'this.waiting.push(event);',
    test: {
      spec: 'apps/command-api/src/events/event-watch.unit.spec.ts',
      name: 'sends a client nothing that it may not read, neither of what it missed nor of what comes',
    },
  },
];
