import { VirtualBus } from '../bus/virtual-bus';
import { relaySuite } from './relay.suite';

relaySuite('the twin', () => VirtualBus.start());
