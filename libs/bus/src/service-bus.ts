import type { BusConnection } from './bus-connection';
import { connectBus } from './bus-connection';

/** What a service brings along: its name, its log and its readiness. */
export interface ServiceBusOptions {
  readonly name: string;
  /** Comma-separated URLs. */
  readonly servers: string;
  readonly logger: { fatal(fields: object, message: string): void };
  readonly health: { addReadiness(name: string, check: () => string | undefined): void };
}

/** The connection of a whole service: unready while it is down, and the process ends when it is gone for good. */
export async function connectServiceBus(options: ServiceBusOptions): Promise<BusConnection> {
  const { name, servers, logger, health } = options;
  const connection = await connectBus({
    servers,
    name,
    inboxPrefix: `_INBOX_${name.replace(/\W/g, '_')}`,
    onClosed: (error) => {
      logger.fatal({ err: error }, 'the bus connection is closed');
      process.exit(1);
    },
  });
  health.addReadiness('bus', () => (connection.isConnected ? undefined : 'not connected'));
  return connection;
}
