import { overloadSuite } from './command-api/overload.suite';
import { rollingRestartSuite } from './command-api/rolling-restart.suite';

overloadSuite();
rollingRestartSuite();
