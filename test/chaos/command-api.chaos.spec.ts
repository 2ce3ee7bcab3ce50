import { overloadSuite } from './command-api/overload.suite';
import { rollingRestartSuite } from './command-api/rolling-restart.suite';

jest.setTimeout(120_000);

overloadSuite();
rollingRestartSuite();
