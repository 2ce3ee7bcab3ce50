import type { LoggerService } from '@nestjs/common';
import type { DestinationStream, Logger as PinoLogger } from 'pino';
import pino from 'pino';
import { isError } from './error-message';
import { redact, redactText } from './redaction';

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

/** Nest's own messages in our log format. Nest passes its context as the last argument. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(fields(message, rest), text(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error(fields(message, rest), text(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn(fields(message, rest), text(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(fields(message, rest), text(message));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.trace(fields(message, rest), text(message));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.fatal(fields(message, rest), text(message));
  }
}

function text(message: unknown): string {
  if (isError(message)) return redactText(message.message);
  return typeof message === 'string' ? redactText(message) : 'nest message';
}

function fields(message: unknown, rest: unknown[]): Record<string, unknown> {
  const context = rest.at(-1);
  const details = rest.slice(0, -1).filter((item) => item !== undefined);
  return {
    ...(typeof context === 'string' ? { context } : {}),
    ...(isError(message) ? { err: message } : {}),
    ...(details.length > 0 ? { details } : {}),
    ...(typeof message === 'object' && !isError(message) ? { message } : {}),
  };
}
