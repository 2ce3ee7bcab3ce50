import { connectBus, type NatsBusConnection } from '@uplift/bus';
import { EVENTS_STREAM, EVENT_SUBJECT_ROOT } from '@uplift/contracts';
import { errorMessage } from '@uplift/runtime';
import { parseArgs } from 'node:util';
import { BUS_ARGUMENTS, givenBus, GivenBusError, shownBus, type GivenBus } from './bus-options';

/** Made first and deleted last: what is found beside it was left by an interrupted run. */
const MARK_STREAM = 'UPLIFT_TEST_RUN';
const TRIES = 3;
const WAIT_MS = 2_000;

const PARTS = ['suites', 'demo'] as const;
type BusTestPart = (typeof PARTS)[number];

export interface BusTestOptions {
  readonly bus: GivenBus;
  readonly parts: readonly BusTestPart[];
  /** Deletes first what an interrupted run has left. */
  readonly isCleaning: boolean;
}

export const USAGE =
  'npm run test:nats -- <url>[,<url>…] [--copies 3] [--creds file | --nkey file | --token-file file] [--ca file] [--cert file --key file] [--only suites,demo] [--clean]';

/** Throws GivenBusError with one line on anything that it does not know. */
export function busTestOptions(args: string[], environment = process.env): BusTestOptions {
  const { positionals, values } = parsed(args);
  const [address, ...more] = positionals;
  if (address === undefined || more.length > 0) throw new GivenBusError(`Usage: ${USAGE}`, 2);
  const names = values.only.split(',');
  const parts = PARTS.filter((part) => names.includes(part));
  if (parts.length !== names.length) {
    throw new GivenBusError(`--only wants some of ${PARTS.join(', ')}`, 2);
  }
  return { bus: givenBus(address, values, environment), parts, isCleaning: values.clean };
}

function parsed(args: string[]) {
  const options = {
    ...BUS_ARGUMENTS,
    only: { type: 'string', default: PARTS.join(',') },
    clean: { type: 'boolean', default: false },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch {
    throw new GivenBusError(`Usage: ${USAGE}`, 2);
  }
}

export function busAnnouncement({ bus }: BusTestOptions): readonly string[] {
  const copies = bus.copies === 1 ? 'one copy' : `${bus.copies} copies`;
  return [
    `NATS: ${shownBus(bus)}`,
    'What is made there, in the account of the given user, and deleted at the end:',
    `  - the stream ${EVENTS_STREAM} with its consumers, ${copies} of it, again and again`,
    `  - the stream ${MARK_STREAM}, by which an interrupted run can be told`,
    '  - services and requests on uplift.cmd.v1.> and uplift.qry.v1.>',
  ];
}

/** Looks at what is there and marks the run. Returns what the server says of itself. Throws GivenBusError. */
export async function beginBusTests({ bus, isCleaning }: BusTestOptions): Promise<string> {
  return withBus(bus, async (connection) => {
    await assertNobodyServes(connection);
    const streams = await streamsOf(connection);
    if (isCleaning && streams.includes(MARK_STREAM)) await clean(connection);
    else assertFree(streams);
    await mark(connection, bus.copies);
    const { version = '', cluster } = connection.nats.info ?? {};
    return `nats-server ${version}${cluster === undefined ? '' : `, cluster ${cluster}`}`;
  });
}

/** Deletes what the run has made. */
export function endBusTests({ bus }: BusTestOptions): Promise<void> {
  return withBus(bus, clean);
}

async function withBus<T>(
  bus: GivenBus,
  work: (connection: NatsBusConnection) => Promise<T>,
): Promise<T> {
  const connection = await connected(bus);
  try {
    return await work(connection);
  } catch (error) {
    if (error instanceof GivenBusError) throw error;
    throw new GivenBusError(`NATS at ${shownBus(bus)} cannot be used: ${oneLine(error)}`, 1);
  } finally {
    await connection.close();
  }
}

async function connected(bus: GivenBus): Promise<NatsBusConnection> {
  try {
    return await connectBus({ ...bus.access, name: 'uplift-test', tries: TRIES });
  } catch (error) {
    const { code = '' } = error as { readonly code?: string };
    const verb = code.startsWith('AUTH') ? 'refuses who connects' : 'cannot be reached';
    throw new GivenBusError(`NATS at ${shownBus(bus)} ${verb}: ${oneLine(error)}`, 1);
  }
}

function oneLine(error: unknown): string {
  const text = errorMessage(error) || 'without a reason';
  return text.replace(/\s*\n\s*/g, ' ');
}

/** Those that take the events' subjects, whatever they are called, and the two of a run. */
async function streamsOf({ nats }: NatsBusConnection): Promise<string[]> {
  const { streams } = await nats.jetstreamManager();
  const names: string[] = [];
  for await (const name of streams.names(`${EVENT_SUBJECT_ROOT}.>`)) names.push(name);
  for (const own of [EVENTS_STREAM, MARK_STREAM]) {
    const isThere = await streams.info(own).then(() => true, falseIfMissing);
    if (isThere && !names.includes(own)) names.push(own);
  }
  return names;
}

function falseIfMissing(error: unknown): boolean {
  if (String(error).includes('stream not found')) return false;
  throw error;
}

function assertFree(streams: readonly string[]): void {
  const [found] = streams;
  if (found === undefined) return;
  if (streams.includes(MARK_STREAM)) {
    throw new GivenBusError(
      'An earlier run was interrupted, or one is under way: --clean deletes what it has left',
      1,
    );
  }
  throw new GivenBusError(
    `The stream ${found} is there, and the tests would delete its messages: use an account of its own, or delete the stream yourself`,
    1,
  );
}

/** A command API of an installation would answer the commands of the tests. */
async function assertNobodyServes({ nats }: NatsBusConnection): Promise<void> {
  const found = await nats.request('$SRV.PING.uplift-command-api', '', { timeout: WAIT_MS }).then(
    () => true,
    () => false,
  );
  if (!found) return;
  throw new GivenBusError(
    'A command API of Uplift is connected there and would answer: use an account of its own',
    1,
  );
}

async function mark({ nats }: NatsBusConnection, copies: number): Promise<void> {
  const { streams } = await nats.jetstreamManager();
  await streams.add({ name: MARK_STREAM, subjects: ['uplift.test.run'], num_replicas: copies });
}

async function clean({ nats }: NatsBusConnection): Promise<void> {
  const { streams } = await nats.jetstreamManager();
  for (const name of [EVENTS_STREAM, MARK_STREAM]) {
    await streams.delete(name).then(() => true, falseIfMissing);
  }
}
