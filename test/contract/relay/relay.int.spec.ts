import { describeOnOwnServers } from '../../support/own-bus';
import { BusServer, BusServerOnSmallDisk } from '../bus/bus-server';
import { fullBusSuite } from './full-bus.suite';
import { relaySuite } from './relay.suite';

relaySuite('a real server', () => BusServer.start());
describeOnOwnServers('on a disk of its own', () => {
  fullBusSuite('a real server', () => BusServerOnSmallDisk.mount());
});
