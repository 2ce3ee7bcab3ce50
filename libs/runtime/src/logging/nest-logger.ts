import type { LoggerService } from '@nestjs/common';
import { isError } from './error-message';
import type { Logger } from './logger';
import { redactText } from './redaction';

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
