import type { DestinationStream, Logger as PinoLogger } from 'pino';
import pino from 'pino';
import { redact } from './redaction';

export type Logger = PinoLogger;

export interface LoggerOptions {
  readonly level?: string;
  /** Where the lines go; standard output when not given. */
  readonly destination?: DestinationStream;
}

/** One JSON line per entry: `time` (ISO 8601), `level`, `service`, `msg` and the fields given, secrets removed. */
export function createLogger(service: string, options: LoggerOptions = {}): Logger {
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      // Errors arrive already turned into plain fields by the redaction.
      serializers: { err: (err: unknown) => err },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redact(fields) as Record<string, unknown>,
      },
    },
    // Synchronous: a line written just before the exit must not be lost.
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );
  return withCleanChildren(logger);
}

/** pino does not pass the fields of child loggers through the formatters. */
function withCleanChildren(logger: Logger): Logger {
  const prototype = Object.getPrototypeOf(logger) as Logger;
  const child = function (this: Logger, ...[bindings, options]: Parameters<Logger['child']>) {
    return prototype.child.call(this, redact(bindings) as typeof bindings, options);
  };
  return Object.assign(logger, { child });
}
