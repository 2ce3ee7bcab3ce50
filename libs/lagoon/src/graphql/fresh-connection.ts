import type { buildConnector } from 'undici';
import { Client } from 'undici';
import type { CallDeadline } from '../call-deadline';
import { CallEndedError } from '../call-deadline';

/** One client for one call, which knows whether a connection was ever handed to it. */
export interface FreshConnection {
  readonly client: Client;
  /** False: surely nothing of the call has left this process. */
  readonly opened: () => boolean;
}

/**
 * Nothing is kept alive. The time is checked once more at the moment the connection is there: a process
 * that was frozen while connecting learns of the connection before its timers run.
 */
export function freshConnection(
  origin: string,
  options: Client.Options & { readonly connect: buildConnector.connector },
  deadline: CallDeadline,
): FreshConnection {
  let opened = false;
  const connect: buildConnector.connector = (target, callback) =>
    options.connect(target, (...result: Parameters<buildConnector.Callback>) => {
      if (result[0] !== null) return callback(...result);
      const socket = result[1];
      if (deadline.over) {
        socket.destroy();
        return callback(
          new CallEndedError('the time was over before the connection was there'),
          null,
        );
      }
      opened = true;
      callback(null, socket);
    });
  const client = new Client(origin, { ...options, connect, pipelining: 0 });
  return { client, opened: () => opened };
}
