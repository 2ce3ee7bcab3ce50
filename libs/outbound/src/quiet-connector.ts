import type { Socket } from 'node:net';
import { buildConnector } from 'undici';

/** One for all: Node writes the stack trace of every error that ends a socket, at the cost of a whole request. */
const ANSWERED = new Error('the answer is complete');

/** For connections that serve one request: each is ended when its answer is there, and that is no failure. */
export function quietConnector(options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector(options);
  return (target, callback) =>
    connect(target, (...result: Parameters<buildConnector.Callback>) => {
      const [, socket] = result;
      if (socket) endQuietly(socket);
      callback(...result);
    });
}

function endQuietly(socket: Socket): void {
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error?: Error) => destroy(isEndOfAnswer(error) ? ANSWERED : error);
}

/** What undici itself makes when it ends a connection that is not kept. */
function isEndOfAnswer(error: Error | undefined): boolean {
  return (
    error !== undefined &&
    'code' in error &&
    error.code === 'UND_ERR_INFO' &&
    error.message === 'reset'
  );
}
