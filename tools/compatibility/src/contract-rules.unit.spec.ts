import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import type { AcceptedChange } from './accepted-changes';
import { sentencesOf, verdictOf } from './accepted-changes';
import { brokenContracts, readContracts } from './contract-rules';
import type { JsonSchema, Use } from './schema-rules';
import { brokenRules } from './schema-rules';

const CONTRACTS = join(__dirname, '../../../contracts');

const OLD = {
  type: 'object',
  required: ['status'],
  properties: {
    status: { type: 'string', enum: ['healthy', 'ill'] },
    reason: { type: 'string', maxLength: 500, pattern: '^.*$' },
    count: { type: 'integer', minimum: 0 },
    at: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    steps: { type: 'array', items: { type: 'string' } },
    target: {
      anyOf: [
        { type: 'object', required: ['ref'], properties: { ref: { type: 'string' } } },
        { type: 'object', required: ['script'], properties: { script: { type: 'string' } } },
      ],
    },
  },
} as const;

type Members = Record<string, JsonSchema>;

/** The same with other members. */
function changed(members: Members, more: JsonSchema = {}): JsonSchema {
  return { ...OLD, ...more, properties: { ...OLD.properties, ...members } };
}

function without(member: string): JsonSchema {
  const rest = Object.entries(OLD.properties).filter(([name]) => name !== member);
  return { ...OLD, properties: Object.fromEntries(rest) };
}

function rulesOf(now: JsonSchema, use: Use, old: JsonSchema = OLD): readonly string[] {
  const places = [
    { schema: old, document: old },
    { schema: now, document: now },
  ] as const;
  return brokenRules(...places, { use, at: 'x' }).map(({ rule, at }) => `${rule} at ${at}`);
}

const { target } = OLD.properties;
const [toRef, toScript] = target.anyOf;

type Row = readonly [what: string, now: JsonSchema, broken: Partial<Record<Use, string>>];

const everywhere = (text: string) => ({ request: text, answer: text, event: text });
const ofSenders = (text: string) => ({ request: text, event: text });
const ofReaders = (text: string) => ({ answer: text, event: text });

const CHANGES: readonly Row[] = [
  ['nothing', OLD, {}],
  ['a new optional member', changed({ more: { type: 'string' } }), {}],
  ['another description', changed({}, { description: 'other words' }), {}],
  ['a removed member', without('reason'), everywhere('member-removed at x/reason')],
  [
    'a member that has to be there',
    changed({}, { required: ['status', 'reason'] }),
    ofSenders('member-made-required at x/reason'),
  ],
  [
    'a new member that has to be there',
    changed({ more: { type: 'string' } }, { required: ['status', 'more'] }),
    ofSenders('new-member-required at x/more'),
  ],
  [
    'a member that may be missing',
    changed({}, { required: [] }),
    ofReaders('member-made-optional at x/status'),
  ],
  ['another type', changed({ count: { type: 'string' } }), everywhere('type-changed at x/count')],
  [
    'a value less',
    changed({ status: { type: 'string', enum: ['healthy'] } }),
    ofSenders('value-removed at x/status'),
  ],
  [
    'a value more, which the readers of an answer pass over',
    changed({ status: { type: 'string', enum: ['healthy', 'ill', 'gone'] } }),
    { event: 'value-added at x/status' },
  ],
  [
    'values where any was good',
    changed({ reason: { ...OLD.properties.reason, enum: ['a'] } }),
    ofSenders('values-limited at x/reason'),
  ],
  [
    'any value where some were good',
    changed({ status: { type: 'string' } }),
    { event: 'values-unlimited at x/status' },
  ],
  [
    'a lower limit',
    changed({ reason: { ...OLD.properties.reason, maxLength: 100 } }),
    ofSenders('bound-tightened at x/reason'),
  ],
  ['a higher limit', changed({ reason: { ...OLD.properties.reason, maxLength: 1_000 } }), {}],
  [
    'a higher least number',
    changed({ count: { type: 'integer', minimum: 1 } }),
    ofSenders('bound-tightened at x/count'),
  ],
  [
    'another form',
    changed({ reason: { ...OLD.properties.reason, pattern: '^a' } }),
    ofSenders('form-changed at x/reason'),
  ],
  ['null no more', changed({ at: { type: 'string' } }), ofSenders('null-refused at x/at')],
  [
    'null as well',
    changed({ count: { anyOf: [OLD.properties.count, { type: 'null' }] } }),
    ofReaders('null-added at x/count'),
  ],
  [
    'null as well, in the words of OpenAPI',
    changed({ count: { ...OLD.properties.count, nullable: true } }),
    ofReaders('null-added at x/count'),
  ],
  [
    'other members of a map',
    changed({ labels: { type: 'object', additionalProperties: { type: 'integer' } } }),
    everywhere('type-changed at x/labels/*'),
  ],
  [
    'no members beside those named',
    changed({}, { additionalProperties: false }),
    ofSenders('members-closed at x'),
  ],
  [
    'other items',
    changed({ steps: { type: 'array', items: { type: 'integer' } } }),
    everywhere('type-changed at x/steps/items'),
  ],
  ['a kind less', changed({ target: { anyOf: [toRef] } }), ofSenders('kind-removed at x/target')],
  [
    'a kind more',
    changed({ target: { anyOf: [...target.anyOf, { type: 'string' }] } }),
    ofReaders('kind-added at x/target'),
  ],
  [
    'one of several kinds that has changed',
    changed({
      target: { anyOf: [toRef, { ...toScript, properties: { script: { type: 'integer' } } }] },
    }),
    everywhere('type-changed at x/target/script'),
  ],
];

const USES = ['request', 'answer', 'event'] as const;

describe.each(USES)('in a schema of a %s', (use) => {
  it.each(CHANGES)('%s', (_what, now, broken) => {
    expect(rulesOf(now, use)).toEqual([broken[use] ?? []].flat());
  });
});

describe('schemas', () => {
  it('are followed into what they refer to, also when that refers to itself', () => {
    const tree = (leaf: JsonSchema) => ({
      $ref: '#/$defs/Tree',
      $defs: {
        Tree: { type: 'object', properties: { next: { $ref: '#/$defs/Tree' }, leaf } },
      },
    });
    const [old, now] = [tree({ type: 'string' }), tree({ type: 'integer' })];
    expect(rulesOf(now, 'answer', old)).toEqual(['type-changed at x/leaf']);
  });
});

describe('the contracts', () => {
  const contracts = readContracts(CONTRACTS);

  /** What is broken in a copy without what stands at this path. */
  const brokenWithout = (...path: readonly string[]) => {
    const copy = JSON.parse(JSON.stringify(contracts)) as typeof contracts;
    const [parent, [name = '']] = [path.slice(0, -1), path.slice(-1)];
    const node = parent.reduce<unknown>((at, step) => (at as JsonSchema)[step], copy);
    if (Array.isArray(node)) node.splice(Number(name), 1);
    else delete (node as Record<string, unknown>)[name];
    return brokenContracts(contracts, copy).map(({ rule, at }) => `${rule} at ${at}`);
  };
  const OPENAPI = ['documents', 'openapi.json'];
  const ASYNCAPI = ['documents', 'asyncapi.yaml'];

  it('break nothing for themselves', () => {
    expect(brokenContracts(contracts, contracts)).toEqual([]);
  });

  it.each<[string, readonly string[], string]>([
    ['a route', [...OPENAPI, 'paths', '/v1/stats'], 'operation-removed at GET /v1/stats'],
    [
      'a parameter',
      [...OPENAPI, 'paths', '/v1/instances', 'get', 'parameters', '0'],
      'parameter-removed at GET /v1/instances query min-position',
    ],
    [
      'an answer',
      [...OPENAPI, 'paths', '/v1/stats', 'get', 'responses', '200'],
      'answer-removed at GET /v1/stats 200',
    ],
    [
      'a subject',
      [...ASYNCAPI, 'operations', 'upgradeGet'],
      'operation-removed at uplift.qry.v1.upgrade.get',
    ],
    [
      'a member of a query',
      [...ASYNCAPI, 'components', 'schemas', 'InstanceListQuery', 'properties', 'app'],
      'member-removed at uplift.qry.v1.instance.list request/app',
    ],
    [
      'a header of events',
      [...ASYNCAPI, 'components', 'schemas', 'EventHeaders', 'properties', 'ce-id'],
      'member-removed at EventHeaders/ce-id',
    ],
    [
      'an event',
      ['events', 'instance.upgrade-requested.v1'],
      'event-removed at instance.upgrade-requested.v1',
    ],
  ])('name it when %s is gone', (_what, path, sentence) => {
    expect(brokenWithout(...path)).toContain(sentence);
  });

  it('name a member that is gone from a shape at both doors', () => {
    const member = ['components', 'schemas', 'CommandAnswer', 'properties', 'revision'];
    expect(brokenWithout(...OPENAPI, ...member)).toEqual(
      expect.arrayContaining([
        'member-removed at POST /v1/instances 202/revision',
        'member-removed at uplift.cmd.v1.instance.register answer/revision',
      ]),
    );
  });

  it('break no rule for those who build on the published ones, but for what was accepted', () => {
    const accepted = JSON.parse(
      readFileSync(join(CONTRACTS, 'accepted-changes.json'), 'utf8'),
    ) as readonly AcceptedChange[];
    const broken = brokenContracts(readContracts(join(CONTRACTS, 'published')), contracts);
    // See contracts/README.md, "When a rule is broken".
    expect(sentencesOf(verdictOf(broken, accepted))).toEqual([]);
    expect(accepted.filter(({ because }) => because.trim() === '')).toEqual([]);
  });
});

describe('a change that was accepted', () => {
  const broken = [{ rule: 'value-added', at: 'x/scope', what: 'webhooks' }];

  it('is passed over, and no other', () => {
    const accepted = [{ rule: 'value-added', at: 'x/scope', because: 'readers first' }];
    const other = { rule: 'member-removed', at: 'x/scope', what: 'scope' };
    expect(verdictOf([...broken, other], accepted)).toEqual({ refused: [other], stale: [] });
  });

  it('is to be taken back when nothing needs it', () => {
    const accepted = [{ rule: 'value-added', at: 'x/gone', because: 'readers first' }];
    const verdict = verdictOf([], accepted);
    expect(sentencesOf(verdict)).toEqual([
      'nothing breaks value-added at x/gone: remove it from the accepted changes',
    ]);
  });
});
