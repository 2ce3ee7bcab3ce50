import type { StoredEvent } from '@uplift/contracts';
import { decodeEvent, decodeRelayProof, UndecodableMessageError } from '@uplift/contracts';
import type { BusConnection, MessageOnBus } from './bus-connection.port';

export interface RelayedMessage {
  readonly event: StoredEvent;
  readonly epoch: string;
  readonly sequence: number;
}

/** Messages looked at, from the newest on: others may have written some that are not the relay's. */
const MOST_LOOKED_AT = 16;

/**
 * The newest message that reads as the relay's, null for a stream that never had one. Rejects, at once while there is
 * no connection, if that cannot be told.
 */
export async function newestRelayed(connection: BusConnection): Promise<RelayedMessage | null> {
  if (!connection.isConnected) throw new Error('The bus is not connected');
  const last = await connection.lastSequence();
  for (let sequence = last; sequence > Math.max(0, last - MOST_LOOKED_AT); sequence -= 1) {
    const message = await connection.messageAt(sequence);
    const relayed = message && relayedFrom(message);
    if (relayed) return relayed;
  }
  if (last === 0) return null;
  throw new Error(`None of the newest messages up to ${last} is the relay's`);
}

function relayedFrom(message: MessageOnBus): RelayedMessage | null {
  try {
    const { epoch } = decodeRelayProof(message.headers);
    return { event: decodeEvent(message), epoch, sequence: message.sequence };
  } catch (error) {
    if (error instanceof UndecodableMessageError) return null;
    throw error;
  }
}
