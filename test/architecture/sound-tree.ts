import type { Tree } from './planted-tree';

/** The layout in small, with every import that is allowed. */
export const SOUND_TREE: Tree = {
  'libs/domain/src/index.ts': "export * from './status';",
  'libs/domain/src/status.ts': "export type Status = 'new';",
  'libs/domain/src/testing/index.ts': "export * from './examples';",
  'libs/domain/src/testing/examples.ts':
    "import 'fast-check'; import '../status'; export const example = 1;",
  'libs/domain/src/status.unit.spec.ts': "import 'fast-check'; import './testing';",
  'libs/contracts/src/index.ts': "import 'node:crypto'; import 'ajv'; import '@uplift/domain';",
  'libs/contracts/src/golden.unit.spec.ts': "import '@uplift/domain/testing'; import '.';",
  'libs/event-store/src/index.ts': "import '@eventstore/db-client'; import '@uplift/contracts';",
  'libs/bus/src/index.ts': "import 'nats'; import '@uplift/contracts';",
  'libs/client/src/index.ts': "import 'nats'; import 'node:crypto'; import '@uplift/contracts';",
  'libs/runtime/src/index.ts': "import './tracing/open-tracing';",
  'libs/runtime/src/tracing/open-tracing.ts':
    "export const open = () => require('./otel.tracing');",
  'libs/runtime/src/tracing/otel.tracing.ts': "import '@opentelemetry/api';",
  'libs/lagoon/src/index.ts': "import 'undici'; import './answers';",
  'libs/lagoon/src/answers.ts': 'export const answers = 1;',
  'apps/relay/src/main.ts': "import '@uplift/bus'; import '@uplift/event-store'; import './relay';",
  'apps/relay/src/relay.ts': "import '@uplift/lagoon';",
  'apps/command-api/src/main.ts': "import './instances/routes';",
  'apps/command-api/src/instances/routes.ts':
    "import '../http/requests'; import '../upgrades/dto';",
  'apps/command-api/src/upgrades/dto.ts': "import '../input/fields';",
  'apps/command-api/src/http/requests.ts': "import '../commands/service';",
  'apps/command-api/src/commands/service.ts': "import '../input/fields';",
  'apps/command-api/src/input/fields.ts': 'export const fields = 1;',
  'apps/stage-workers/src/main.ts': "import './settings'; import './providers/stages';",
  'apps/stage-workers/src/settings.ts': 'export const settings = 1;',
  'apps/stage-workers/src/providers/stages.ts':
    "import '../settings'; import '../stages/upgrade/upgrade'; import '../stages/polling/polling';",
  'apps/stage-workers/src/stages/upgrade/upgrade.ts':
    "import '../../effects/deploy'; import '../../admission/control'; import '../../runner/session';",
  'apps/stage-workers/src/stages/polling/polling.ts': "import '../../runner/session';",
  'apps/stage-workers/src/effects/deploy.ts': "import '../runner/session';",
  'apps/stage-workers/src/admission/control.ts': "import '../store/time';",
  'apps/stage-workers/src/runner/session.ts': "import '@uplift/lagoon';",
  'apps/stage-workers/src/store/time.ts': 'export const time = 1;',
  'apps/projector/src/main.ts':
    "import '@uplift/event-store'; import './projector.module'; import './rebuild/rebuild-command'; import './rows';",
  'apps/projector/src/rows.ts': 'export const rows = 1;',
  'apps/projector/src/projector.module.ts':
    "import './queries/reader'; import './read-model/postgres.read-model';",
  'apps/projector/src/rebuild/rebuild-command.ts':
    "import '../read-model/postgres.read-model'; import './rebuild';",
  'apps/projector/src/rebuild/rebuild.ts': "import '../projection/loop';",
  'apps/projector/src/queries/reader.ts':
    "import '../projection/loop'; import '../read-model/tables';",
  'apps/projector/src/projection/loop.ts': "import '../read-model/tables';",
  'apps/projector/src/read-model/tables.ts': 'export const tables = 1;',
  'apps/projector/src/read-model/postgres.read-model.ts':
    "import 'kysely'; import 'pg'; import './tables';",
  'tools/stack/src/index.ts': 'export const stack = 1;',
  'tools/stack/src/main.ts': "import '.'; import '@uplift/bus';",
  'tools/embedded-eventstore/src/main.ts': "import '@eventstore/db-client/generated/streams_pb';",
  'tools/embedded-eventstore/test/server.int.spec.ts': "import '@eventstore/db-client';",
  'test/support/eventually.ts': 'export const eventually = 1;',
  'test/contract/relay.int.spec.ts':
    "import 'nats'; import '../../tools/stack/src'; import '../support/eventually';",
  'bench/main.ts': "import 'nats'; import '../tools/stack/src';",
};
