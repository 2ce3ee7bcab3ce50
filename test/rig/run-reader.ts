import { PostgresReadModel } from '../../apps/projector/src/read-model/postgres.read-model';
import { INSTANCES } from '../../apps/projector/src/read-model/read-model.tables';
import type {
  BusRecord,
  ClientOperation,
  LagoonLedger,
  LedgerEffect,
  ReadModelRows,
  RunHistory,
} from '../history/run-history';
import { readWholeBus } from '../support/bus-reader';
import { allEvents } from './copy-faults';
import type { Rig } from './rig';

const MOST_INSTANCES = 1_000_000;

/** Where it is read. */
type Left = Pick<Rig, 'store' | 'bus' | 'lagoon' | 'databaseUrl' | 'restores' | 'seenAt'>;

/** Everything that a run left behind. */
export async function readRun(rig: Left, client: readonly ClientOperation[]): Promise<RunHistory> {
  const { restores, seenAt } = rig;
  const [store, bus, rows, ledger] = await Promise.all([
    allEvents(rig.store),
    busRecords(rig),
    readModelRows(rig.databaseUrl),
    ledgerOf(rig),
  ]);
  return { store, bus, rows, ledger, client, restores, seenAt };
}

async function busRecords({ bus }: Left): Promise<BusRecord[]> {
  const messages = await readWholeBus(bus);
  return messages.map(({ sequence, event, proof: { epoch, ordinal } }) => {
    const { id: eventId, stream, revision, position } = event;
    return { sequence, epoch, ordinal, eventId, stream, revision, position };
  });
}

/** Rows and checkpoint of one moment. */
async function readModelRows(url: string): Promise<ReadModelRows> {
  const readModel = new PostgresReadModel({ url });
  try {
    return await readModel.read(async (snapshot) => ({
      checkpoint: (await snapshot.checkpoint()).position,
      instances: await snapshot.page(INSTANCES, { where: {}, limit: MOST_INSTANCES }),
    }));
  } finally {
    await readModel.close();
  }
}

async function ledgerOf({ lagoon }: Left): Promise<LagoonLedger> {
  const { buildsByBulkName, tasksByName, cancels } = await lagoon.ledger();
  return {
    builds: effectsOf(buildsByBulkName),
    tasks: effectsOf(tasksByName),
    cancels: Object.entries(cancels).flatMap(([name, times]) => Array<string>(times).fill(name)),
  };
}

function effectsOf(byMarker: Readonly<Record<string, readonly string[]>>): LedgerEffect[] {
  return Object.entries(byMarker).flatMap(([marker, names]) =>
    names.map((name) => ({ marker, name })),
  );
}
