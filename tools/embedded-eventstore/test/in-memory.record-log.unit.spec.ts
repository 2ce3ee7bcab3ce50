import { InMemoryRecordLog } from '../src/persistence/in-memory.record-log';
import { describeRecordLog } from './record-log.suite';

describeRecordLog('the log in memory', () => new InMemoryRecordLog());
