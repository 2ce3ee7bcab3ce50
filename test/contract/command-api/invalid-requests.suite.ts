import type { TwoTransportCommand } from './both-transports';
import { cancelAt, refusedByBoth, registerAt, triggerAt } from './both-transports';
import type { RunningCommandApi } from './running-command-api';
import { REGISTRATION } from './running-command-api';
import { invalidBodies } from './invalid-bodies';

const OTHER = 'dddddddd-0000-4000-8000-000000000001';
const SCRIPT = { service: 'cli', command: 'drush updb' };
const variable = (name: string, more: object = {}) => ({
  name,
  value: 'v',
  scope: 'BUILD',
  ...more,
});
const variables = (...names: string[]) => ({ variables: names.map((name) => variable(name)) });
const refs = ['$(x)', 'a;b', 'a`b`', 'a{b', 'a"b', 'a\nb', 'a..b', '-x', ' ', 'x'.repeat(101)];

type Row = [what: string, request: object, code: string, pointer?: string];

const INVALID: readonly Row[] = [
  ['an unknown strategy', { strategy: 'bulk-latest' }, 'invalid-input', '/strategy'],
  ['a strategy in capitals', { strategy: 'PROMOTE' }, 'invalid-input', '/strategy'],
  ...refs.map((ref): Row => [
    `the ref ${JSON.stringify(ref).slice(0, 12)}`,
    { strategy: 'branch-ref', target: { ref } },
    'invalid-input',
    '/target/ref',
  ]),
  [
    'a source environment with metacharacters',
    { strategy: 'promote', target: { sourceEnvironment: 'a){b' } },
    'invalid-input',
    '/target/sourceEnvironment',
  ],
  ['an empty target', { strategy: 'branch-ref', target: {} }, 'invalid-input', '/target'],
  [
    'two targets',
    { strategy: 'branch-ref', target: { ref: 'v1', script: SCRIPT } },
    'invalid-input',
    '/target',
  ],
  [
    'an unknown member beside a target',
    { strategy: 'branch-ref', target: { ref: 'v1', tag: 'v1' } },
    'invalid-input',
    '/target/tag',
  ],
  [
    'a variable that is no name',
    { strategy: 'variables', target: variables('A-B') },
    'invalid-input',
    '/target/variables/0/name',
  ],
  [
    'a variable without a value',
    { strategy: 'variables', target: { variables: [{ name: 'A' }] } },
    'invalid-input',
    '/target/variables/0/value',
  ],
  [
    'an unknown scope',
    { strategy: 'variables', target: { variables: [variable('A', { scope: 'ALL' })] } },
    'invalid-input',
    '/target/variables/0/scope',
  ],
  [
    'a value that is too long',
    { strategy: 'variables', target: { variables: [variable('A', { value: 'x'.repeat(2_001) })] } },
    'invalid-input',
    '/target/variables/0/value',
  ],
  [
    'too many variables',
    { strategy: 'variables', target: variables(...Array.from({ length: 51 }, (_, n) => `A${n}`)) },
    'invalid-input',
    '/target/variables',
  ],
  [
    'half a script',
    { strategy: 'script', target: { script: { service: 'cli' } } },
    'invalid-input',
    '/target/script',
  ],
  [
    'two scripts in one',
    { strategy: 'script', target: { script: { ...SCRIPT, registeredTask: 'x' } } },
    'invalid-input',
    '/target/script',
  ],
  [
    'a script and a half',
    { strategy: 'script', target: { script: { service: 'cli', registeredTask: 'x' } } },
    'invalid-input',
    '/target/script',
  ],
  ['a wave with metacharacters', { waveId: 'a b' }, 'invalid-input', '/waveId'],
  ['a wave that is too long', { waveId: 'w'.repeat(44) }, 'invalid-input', '/waveId'],
  ['a target of another strategy', { strategy: 'script', target: { ref: 'v1' } }, 'invalid-target'],
  ['a target without a plan to use it', { target: { ref: 'v1' } }, 'invalid-target'],
  ['a strategy without its target', { strategy: 'branch-ref' }, 'invalid-target'],
  [
    'a variable that looks like a secret',
    { strategy: 'variables', target: variables('API_TOKEN') },
    'invalid-target',
  ],
  [
    'a variable named twice',
    { strategy: 'variables', target: variables('A', 'A') },
    'invalid-target',
  ],
  [
    'promote where it is off',
    { strategy: 'promote', target: { sourceEnvironment: 'staging' } },
    'strategy-not-enabled',
  ],
];

const VALID = [
  { strategy: 'branch-ref', target: { ref: 'v1' }, reason: 'r', waveId: 'w', rolloutId: OTHER },
  { strategy: 'promote', target: { sourceEnvironment: 'staging' } },
  { strategy: 'variables', target: { variables: [variable('A'), variable('B')] } },
  { strategy: 'script', target: { script: SCRIPT } },
  { strategy: 'script', target: { script: { registeredTask: 'x' } } },
] as const;

export function invalidRequestsSuite(running: () => RunningCommandApi): void {
  describe('a request is refused alike over HTTP and the bus, and nothing is stored', () => {
    let api: RunningCommandApi;
    let instanceId: string;
    let before: bigint | null;

    beforeAll(async () => {
      api = running();
      instanceId = await api.register('resting');
      before = await api.lastPosition();
    });

    afterEach(async () => expect(await api.writtenSince(before)).toEqual([]));

    it.each(INVALID)('%s', async (...row) => {
      const [, request, code, pointer] = row;
      const problem = await refusedByBoth(api, triggerAt('k', instanceId, request));

      expect(problem).toMatchObject({ code, status: code === 'invalid-input' ? 400 : 422 });
      if (pointer === undefined) return expect(problem).toMatchObject({ instanceId });
      const { errors } = problem as { readonly errors: readonly { readonly pointer: string }[] };
      expect(errors.map((fault) => fault.pointer)).toContain(pointer);
    });

    it('with the strategies there are, and with those that are permitted', async () => {
      const unknown = await refusedByBoth(api, triggerAt('k', instanceId, { strategy: 'x' }));
      const off = await refusedByBoth(api, triggerAt('k', instanceId, VALID[1]));

      expect(JSON.stringify(unknown.errors)).toContain(
        'redeploy-latest, branch-ref, promote, variables, script',
      );
      expect(off.detail).toContain('use redeploy-latest, branch-ref, variables, script');
    });

    it('with the rule for names of branches', async () => {
      const request = { strategy: 'branch-ref', target: { ref: '$(x)' } };

      const { errors } = await refusedByBoth(api, triggerAt('k', instanceId, request));

      expect(errors).toEqual([
        {
          pointer: '/target/ref',
          detail: 'must be a name of letters, digits, ".", "_", "/" and "-", without ".."',
        },
      ]);
    });

    const valid: readonly (readonly [string, (body: object) => TwoTransportCommand, object])[] = [
      ...VALID.map(
        (request) =>
          [
            `a request for ${request.strategy} ${Object.keys(request.target).join()}`,
            (body: object) => triggerAt('k', instanceId, body),
            request,
          ] as const,
      ),
      [
        'a cancel',
        (body) => cancelAt('k', { instanceId, upgradeId: OTHER }, body),
        { reason: 'wrong version' },
      ],
      [
        'a registration with scripts and a plan',
        (body) => registerAt('k', body),
        {
          ...REGISTRATION,
          instanceId: OTHER,
          scripts: { preUpgrade: SCRIPT, postUpgrade: { registeredTask: 'x' } },
          upgrade: { strategy: 'variables', target: { variables: [variable('A')] } },
        },
      ],
    ];

    it.each(valid)('%s with anything in it replaced', async (_what, commandOf, body) => {
      const cases = invalidBodies(body as Parameters<typeof invalidBodies>[0]);
      expect(cases.length).toBeGreaterThan(8);
      for (const { what, body: invalid } of cases) {
        const { status, code } = await refusedByBoth(api, commandOf(invalid));
        expect({ what, status, code }).toEqual({ what, status: 400, code: 'invalid-input' });
      }
    });

    it.each([
      ['that does not fit together', { strategy: 'branch-ref' }, 'invalid-target'],
      ['with an unknown strategy', { strategy: 'x' }, 'invalid-input'],
      ['without a strategy', { target: { ref: 'v1' } }, 'invalid-input'],
    ])('a registration with a plan %s', async (_what, upgrade, code) => {
      const body = { ...REGISTRATION, instanceId: OTHER, upgrade };

      expect(await refusedByBoth(api, registerAt('k', body))).toMatchObject({ code });
    });
  });
}
