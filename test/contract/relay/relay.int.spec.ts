import { BusServer } from '../bus/bus-server';
import { relaySuite } from './relay.suite';

relaySuite('a real server', () => BusServer.start());
