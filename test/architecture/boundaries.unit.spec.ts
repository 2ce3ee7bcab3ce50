import type { Alarm, Tree } from './planted-tree';
import { alarmsIn, RULES_FILE } from './planted-tree';
import { SOUND_TREE } from './sound-tree';

interface Planted extends Alarm {
  readonly content: string;
}

const planted = (rule: string, from: string, content: string): Planted => ({ rule, from, content });

/** Each breaks one rule and no other. */
const VIOLATIONS: readonly Planted[] = [
  planted('domain-is-pure', 'libs/domain/src/p1.ts', "import 'undici'; import './status';"),
  planted('domain-is-pure', 'libs/domain/src/p2.ts', "import 'node:crypto';"),
  planted('domain-is-pure', 'libs/domain/src/p3.ts', "import type {} from '@uplift/contracts';"),
  planted('contracts-know-only-the-domain', 'libs/contracts/src/p4.ts', "import 'undici';"),
  planted('contracts-know-only-the-domain', 'libs/contracts/src/p5.ts', "import '@uplift/lagoon';"),
  planted(
    'libs-never-import-apps',
    'libs/lagoon/src/p6.ts',
    "import '../../../apps/relay/src/relay';",
  ),
  planted('apps-never-import-apps', 'apps/relay/src/p7.ts', "import '../../projector/src/rows';"),
  planted(
    'command-api-transports-know-no-resource',
    'apps/command-api/src/http/p26.ts',
    "import '../instances/routes';",
  ),
  planted(
    'command-api-core-knows-no-edge',
    'apps/command-api/src/commands/p27.ts',
    "import type {} from '../http/requests';",
  ),
  planted(
    'stage-workers-stages-know-no-wiring-nor-each-other',
    'apps/stage-workers/src/stages/upgrade/p28.ts',
    "import type {} from '../../settings';",
  ),
  planted(
    'stage-workers-stages-know-no-wiring-nor-each-other',
    'apps/stage-workers/src/stages/upgrade/p29.ts',
    "import '../polling/polling';",
  ),
  planted(
    'stage-workers-tools-know-no-stage-nor-each-other',
    'apps/stage-workers/src/effects/p30.ts',
    "import '../admission/control';",
  ),
  planted(
    'stage-workers-core-knows-no-user',
    'apps/stage-workers/src/runner/p31.ts',
    "import type {} from '../effects/deploy';",
  ),
  planted(
    'projector-folders-know-no-user',
    'apps/projector/src/queries/p32.ts',
    "import '../rebuild/rebuild';",
  ),
  planted(
    'projector-folders-know-no-user',
    'apps/projector/src/projection/p33.ts',
    "import type {} from '../queries/reader';",
  ),
  planted(
    'projector-read-model-knows-no-projection',
    'apps/projector/src/read-model/p34.ts',
    "import type {} from '../projection/loop';",
  ),
  planted('postgresql-only-in-its-adapter', 'apps/projector/src/p35.ts', "import 'kysely';"),
  planted(
    'postgresql-only-in-its-adapter',
    'apps/projector/src/projection/p36.ts',
    "import '../read-model/postgres.read-model';",
  ),
  planted('libs-through-their-index', 'libs/bus/src/p8.ts', "import '../../lagoon/src/answers';"),
  planted(
    'libs-through-their-index-from-outside',
    'apps/relay/src/p9.ts',
    "import type {} from '../../../libs/lagoon/src/answers';",
  ),
  planted(
    'libs-through-their-index-from-outside',
    'test/contract/p10.unit.spec.ts',
    "import '../../libs/lagoon/src/answers';",
  ),
  planted(
    'eventstore-client-only-in-event-store',
    'apps/projector/src/p11.ts',
    "import type {} from '@eventstore/db-client';",
  ),
  planted(
    'eventstore-client-only-in-event-store',
    'test/contract/p12.int.spec.ts',
    "import '@eventstore/db-client';",
  ),
  planted(
    'embedded-eventstore-speaks-the-protocol-only',
    'tools/embedded-eventstore/src/p13.ts',
    "import '@eventstore/db-client';",
  ),
  planted('nats-only-in-bus', 'apps/relay/src/p14.ts', "import 'nats';"),
  planted('client-knows-only-the-contracts', 'libs/client/src/p40.ts', "import '@uplift/bus';"),
  planted('client-knows-only-the-contracts', 'libs/client/src/p41.ts', "import 'undici';"),
  planted('nats-only-in-bus', 'tools/stack/src/p15.ts', "import 'nats';"),
  planted('opentelemetry-only-in-tracing', 'apps/relay/src/p37.ts', "import '@opentelemetry/api';"),
  planted(
    'opentelemetry-is-loaded-on-demand',
    'libs/runtime/src/p38.ts',
    "import './tracing/otel.tracing';",
  ),
  planted(
    'production-never-imports-tests',
    'apps/relay/src/p16.ts',
    "import '../../../test/support/eventually';",
  ),
  planted(
    'tools-use-twins-through-their-index',
    'tools/stack/src/p17.ts',
    "import '../../../test/support/eventually';",
  ),
  planted('runtime-knows-no-other-library', 'libs/runtime/src/p25.ts', "import '@uplift/lagoon';"),
  planted(
    'tools-only-for-tools-and-tests',
    'apps/relay/src/p18.ts',
    "import '../../../tools/stack/src';",
  ),
  planted(
    'tools-only-for-tools-and-tests',
    'libs/bus/src/p19.int.spec.ts',
    "import '../../../tools/stack/src';",
  ),
  planted('no-dev-dependencies-in-production', 'apps/relay/src/p20.ts', "import 'fast-check';"),
  planted('no-undeclared-packages', 'apps/relay/src/p21.ts', "import 'lodash';"),
  planted('no-circular', 'apps/relay/src/p22.ts', "import type {} from './p22';"),
  planted('no-unresolvable', 'apps/relay/src/p23.ts', "import './not-there';"),
  planted('no-orphans', 'apps/relay/src/p24.ts', 'export const alone = 1;'),
];

const violatedTree: Tree = Object.fromEntries(
  VIOLATIONS.map(({ from, content }) => [from, content]),
);

describe('the dependency rules', () => {
  let alarms: readonly Alarm[] = [];

  beforeAll(async () => {
    alarms = await alarmsIn({ ...SOUND_TREE, ...violatedTree });
  });

  it('let the layout stand as it is meant', async () => {
    expect(await alarmsIn(SOUND_TREE)).toEqual([]);
  });

  it.each(VIOLATIONS)('$rule is alarmed by $from', ({ rule, from }) => {
    expect(alarms.filter((alarm) => alarm.from === from)).toEqual([{ rule, from }]);
  });

  it('have a planted violation each, and say what to do instead', () => {
    const { forbidden } = jest.requireActual<{
      forbidden: readonly { name: string; comment: string; severity: string }[];
    }>(RULES_FILE);
    const proved = new Set(VIOLATIONS.map(({ rule }) => rule));
    expect(forbidden.map(({ name }) => name).sort()).toEqual([...proved].sort());
    expect(forbidden.every(({ comment }) => comment.length > 20)).toBe(true);
    expect(forbidden.every(({ severity }) => severity === 'error')).toBe(true);
  });
});
