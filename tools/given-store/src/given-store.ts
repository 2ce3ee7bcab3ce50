import {
  jsonEvent,
  START,
  streamNameFilter,
  StreamNotFoundError,
  type AllStreamSubscription,
} from '@eventstore/db-client';
import { EVENT_CATEGORIES, isOurs } from '@uplift/contracts';
import {
  ConnectionStringError,
  EsdbEventStore,
  EventStoreRefusedError,
  parseEsdbConnectionString,
} from '@uplift/event-store';
import { errorMessage } from '@uplift/runtime';
import { StoreCalls } from './store-calls';

/** Not in the form of ours, so that no installation takes it for an event of its own. */
const MARK_STREAM = 'upliftTestStore';
const PATIENCE = { attemptMs: 5_000, totalMs: 10_000 };
const SEARCH_MS = 120_000;

/** Why a store is not used, in one line without a secret. */
export class GivenStoreError extends Error {
  readonly code = 'given-store';
  constructor(
    message: string,
    /** 2: what was typed; 1: what was found. */
    readonly exitCode: 1 | 2,
  ) {
    super(message);
  }
}

/** `env:NAME` stands for the value of that variable, so that no list of processes shows it. */
export function storeArgument(text: string, environment = process.env): string {
  if (!text.startsWith('env:')) return checked(text);
  const value = environment[text.slice(4)];
  if (value === undefined || value === '') {
    throw new GivenStoreError(`${text.slice(4)} is not set`, 2);
  }
  return checked(value);
}

function checked(connectionString: string): string {
  try {
    parseEsdbConnectionString(connectionString);
    return connectionString;
  } catch (error) {
    if (error instanceof ConnectionStringError) throw new GivenStoreError(error.message, 2);
    throw error;
  }
}

/** Scheme and hosts: nothing that may be a secret. */
export function shownStore(connectionString: string): string {
  const { scheme = '', rest = '' } =
    /^(?<scheme>[a-z+]+:\/\/)(?<rest>[^?]*)/.exec(connectionString.trim())?.groups ?? {};
  return scheme + rest.slice(rest.lastIndexOf('@') + 1).replace(/\/$/, '');
}

export interface GivenStore {
  readonly version: string;
  /** Of the last event that is there, whoever's. */
  readonly end: bigint;
}

export interface OpeningOptions {
  /** Whether a store is taken that an installation of Uplift may live in; absent: nobody may choose to. */
  readonly useExisting?: boolean;
}

/** Throws GivenStoreError when it cannot be used, or when an installation of Uplift may live there. */
export async function openGivenStore(
  connectionString: string,
  options: OpeningOptions = {},
): Promise<GivenStore> {
  await assertServed(connectionString);
  const calls = new StoreCalls(parseEsdbConnectionString(connectionString));
  try {
    const methods = await calls.supportedMethods();
    const end = await calls.endOfStore();
    await claim(calls, { ...options, end, where: shownStore(connectionString) });
    return { version: methods.getEventStoreServerVersion(), end };
  } catch (error) {
    throw error instanceof GivenStoreError ? error : unusable(connectionString, error);
  } finally {
    await calls.dispose();
  }
}

/** With the words that a service would have. */
async function assertServed(connectionString: string): Promise<void> {
  const store = new EsdbEventStore({ connectionString, ...PATIENCE });
  try {
    await store.readAll(null, 1);
  } catch (error) {
    throw unusable(connectionString, error);
  } finally {
    await store.close();
  }
}

function unusable(connectionString: string, error: unknown): GivenStoreError {
  const where = shownStore(connectionString);
  const verb = error instanceof EventStoreRefusedError ? 'refuses' : 'cannot be used';
  return new GivenStoreError(`The store ${where} ${verb}: ${oneLine(error)}`, 1);
}

function oneLine(error: unknown): string {
  const text = errorMessage(error) || 'without a reason';
  return text.replace(/\s*\n\s*/g, ' ');
}

interface Claim extends OpeningOptions {
  readonly end: bigint;
  readonly where: string;
}

/** A store is used when it is marked for it, or holds nothing of Uplift; then it is marked. */
async function claim(calls: StoreCalls, { end, useExisting, where }: Claim): Promise<void> {
  if (await isMarked(calls)) return;
  const found = await firstOfOurs(calls, end);
  if (found !== null && useExisting === true) return;
  if (found !== null) {
    const choice = useExisting === undefined ? '' : ', or say --use-existing';
    throw new GivenStoreError(
      `The store ${where} holds events of Uplift (stream ${found}) and is not marked as one for tests: an installation may live there. Take another one${choice}`,
      1,
    );
  }
  const data = { marked: 'Uplift may be tried out on this store' };
  await calls.appendToStream(MARK_STREAM, jsonEvent({ type: 'StoreMarkedForTests', data }));
}

async function isMarked(calls: StoreCalls): Promise<boolean> {
  try {
    for await (const _ of calls.readStream(MARK_STREAM, { maxCount: 1 })) return true;
    return false;
  } catch (error) {
    if (error instanceof StreamNotFoundError) return false;
    throw error;
  }
}

/** The stream of the first event of ours up to a position, null if there is none. The store does the searching. */
function firstOfOurs(calls: StoreCalls, end: bigint): Promise<string | null> {
  const prefixes = Object.keys(EVENT_CATEGORIES).map((category) => `${category}-`);
  let subscription: AllStreamSubscription | undefined;
  let timer: NodeJS.Timeout | undefined;
  const found = new Promise<string | null>((resolve, reject) => {
    const late = new GivenStoreError('The store was not searched for events of Uplift in time', 1);
    timer = setTimeout(() => reject(late), SEARCH_MS);
    subscription = calls.subscribeToAll({
      fromPosition: START,
      filter: streamNameFilter({
        prefixes,
        checkpointInterval: 100,
        checkpointReached: (_, { commit }) => {
          if (commit >= end) resolve(null);
        },
      }),
    });
    subscription
      .on('data', ({ event }) => {
        if (event === undefined) return;
        const { streamId: stream, type, metadata } = event;
        if (isOurs({ stream, type, metadata })) resolve(stream);
        else if (event.position.commit >= end) resolve(null);
      })
      .on('caughtUp', () => resolve(null))
      .on('error', reject);
  });
  return found.finally(() => {
    clearTimeout(timer);
    void subscription?.unsubscribe().catch(() => undefined);
  });
}
