import { bothDoorsSuite } from './both-doors.suite';
import { cancelSuite } from './cancel.suite';
import { changesSuite } from './changes.suite';
import { commandsSuite } from './commands.suite';
import { environmentsSuite } from './environments.suite';
import { eventStreamSuite } from './event-stream.suite';
import {
  CALLBACKS_AS_POLYDOCK,
  healthCallbackSuite,
  noCallbacksSuite,
} from './health-callback.suite';
import { importSuite } from './import.suite';
import { invalidRequestsSuite } from './invalid-requests.suite';
import { lostHistorySuite } from './lost-history.suite';
import { operatorSuite } from './operator.suite';
import { publishedSuite } from './published.suite';
import { queriesSuite } from './queries.suite';
import { outageSuite } from './outage.suite';
import { refusalsSuite } from './refusals.suite';
import { commandApiForAll } from './running-command-api';
import { strategiesSuite } from './strategies.suite';
import { systemSuite } from './system.suite';

describe('the command API', () => {
  const api = commandApiForAll();

  publishedSuite(api);
  commandsSuite(api);
  cancelSuite(api);
  operatorSuite(api);
  systemSuite(api);
  refusalsSuite(api);
  invalidRequestsSuite(api);
  bothDoorsSuite(api);
  queriesSuite(api);
  environmentsSuite(api);
  changesSuite(api);
  importSuite(api);
  noCallbacksSuite(api);
  eventStreamSuite(api);
  outageSuite(api);
});

describe('the command API with promote and with health callbacks as Polydock has them', () => {
  const api = commandApiForAll({
    UPLIFT_PROMOTE_ENABLED: 'true',
    ...CALLBACKS_AS_POLYDOCK,
  });

  strategiesSuite(api);
  healthCallbackSuite(api);
});

describe('the command API on a store that lets streams be deleted', () => {
  lostHistorySuite(commandApiForAll({}, { UPLIFT_EMBEDDED_EVENTSTORE_ALLOW_DELETES: 'true' }));
});
