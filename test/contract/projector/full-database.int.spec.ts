import { PostgresReadModel } from '../../../apps/projector/src/read-model/postgres.read-model';
import { PostgresServer } from '../../../tools/stack/src';
import { SmallDisk } from '../../support/small-disk';
import { fullDatabaseSuite } from './full-database.suite';

/** Room for a cluster and some rows. */
const MEGABYTES = 96;

let disk: SmallDisk;
let postgres: PostgresServer;

beforeAll(async () => {
  disk = await SmallDisk.mount(MEGABYTES);
  postgres = await PostgresServer.start({ dir: disk.path });
});

afterAll(async () => {
  postgres.signal('SIGQUIT');
  await postgres.exited;
  await disk.remove();
});

fullDatabaseSuite('PostgreSQL', async () => ({
  readModel: new PostgresReadModel({ url: await postgres.createReadModel('full') }),
  fill: () => disk.fill(),
  makeRoom: () => disk.makeRoom(),
}));
