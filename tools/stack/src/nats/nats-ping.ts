import { connect } from 'node:net';

const LIMIT_MS = 1_000;

/** Asks a NATS server for a sign of life in its own text protocol, and that its JetStream is on. */
export function pingNats(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: LIMIT_MS });
    let received = '';
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('timeout', () => finish(false));
    socket.on('connect', () => socket.write('CONNECT {"verbose":false}\r\nPING\r\n'));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (received.includes('PONG')) finish(received.includes('"jetstream":true'));
    });
  });
}
