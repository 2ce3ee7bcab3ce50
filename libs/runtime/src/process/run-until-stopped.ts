import { ConfigurationError } from '../config/configuration';
import { createLogger, type Logger } from '../logging/logger';
import { redactText } from '../logging/redaction';
import { traceToSources } from '../logging/stack-traces';
import { systemClock } from '../time/clock';

/**
 * Nothing that this process does again would help, and a person has to do something: thrown where nobody catches, it
 * ends the process with its message as the one line.
 */
export class FinalError extends Error {}

/** As a denied permission (EX_NOPERM of sysexits). */
const FINAL_EXIT_CODE = 77;

/** Ends the process with one line that says why. */
export function endForGood(error: FinalError): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** What a process listens on, by purpose, for example `{ http: 3000, health: 41234 }`. */
export type Ports = Readonly<Record<string, number>>;

export interface ReadyMessage {
  readonly type: 'ready';
  readonly ports: Ports;
}

/** Tells the parent (when there is a channel to one) and the log that this process now does its work. */
export function announceReady(ports: Ports, logger?: Logger): void {
  const message: ReadyMessage = { type: 'ready', ports };
  logger?.info({ ports }, 'ready');
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

const STOP_LIMIT_MS = 25_000;
/** Without a parent the servers around this process are probably going away too. */
const ORPHAN_STOP_LIMIT_MS = 5_000;

export interface StartedProcess {
  readonly ports: Ports;
  /** Leaves others the time to look elsewhere: they see that it stops, and it still does its work. */
  drain?(): Promise<void>;
  stop(): Promise<void>;
}

export interface ProcessOptions {
  readonly name: string;
  readonly start: () => Promise<StartedProcess>;
  readonly logger?: Logger;
  /** Longest graceful stop in ms, once it has drained. */
  readonly stopLimitMs?: number;
}

/**
 * Runs a process: start, announce ready, and on SIGTERM, SIGINT or a lost parent stop and exit.
 * A failed start, a stop that takes too long and any unhandled error end it with code 1.
 */
export async function runUntilStopped(options: ProcessOptions): Promise<void> {
  traceToSources();
  const logger = options.logger ?? createLogger(options.name);
  exitOnDefect(logger);
  let finishStart: (started: StartedProcess) => void = () => undefined;
  const started = new Promise<StartedProcess>((resolve) => (finishStart = resolve));
  let isStopping = false;
  onStopRequest((cause) => {
    // A person who asks twice does not want to wait.
    if (isStopping) return cause === 'SIGINT' ? process.exit(1) : undefined;
    isStopping = true;
    void stop({ ...options, logger }, started, cause);
  });
  try {
    const running = await options.start();
    finishStart(running);
    if (!isStopping) announceReady(running.ports, logger);
  } catch (error) {
    exitAfterFailedStart(logger, error);
  }
}

async function stop(
  options: ProcessOptions & { readonly logger: Logger },
  started: Promise<StartedProcess>,
  cause: StopCause,
): Promise<void> {
  const { logger, stopLimitMs = STOP_LIMIT_MS } = options;
  const limitMs =
    cause === 'parent-gone' ? Math.min(stopLimitMs, ORPHAN_STOP_LIMIT_MS) : stopLimitMs;
  const exitAfter = (ms: number) =>
    systemClock.after(ms, () => {
      logger.error({ cause, limitMs }, 'not stopped in time');
      process.exit(1);
    });
  logger.info({ cause }, 'stopping');
  try {
    const cancel = exitAfter(limitMs);
    const running = await started;
    cancel();
    if (cause !== 'parent-gone') await running.drain?.();
    exitAfter(limitMs);
    await running.stop();
    logger.info({ cause }, 'stopped');
    process.exit(0);
  } catch (error) {
    logger.error({ err: error }, 'stop failed');
    process.exit(1);
  }
}

function exitOnDefect(logger: Logger): void {
  process.on('unhandledRejection', (error) => {
    logger.fatal({ err: error }, 'unhandled rejection');
    process.exit(1);
  });
  process.on('uncaughtException', (error) => {
    if (error instanceof FinalError) exitForGood(logger, error);
    logger.fatal({ err: error }, 'uncaught exception');
    process.exit(1);
  });
}

function exitForGood(logger: Logger, { message }: FinalError): never {
  process.stderr.write(`${redactText(message)}\n`);
  logger.fatal({ reason: message }, 'ended for good');
  process.exit(FINAL_EXIT_CODE);
}

function exitAfterFailedStart(logger: Logger, error: unknown): never {
  if (error instanceof FinalError) exitForGood(logger, error);
  if (error instanceof ConfigurationError) {
    process.stderr.write(`${redactText(error.message)}\n`);
    logger.fatal({ problems: error.problems }, 'start failed');
  } else {
    logger.fatal({ err: error }, 'start failed');
  }
  process.exit(1);
}

type StopCause = 'SIGTERM' | 'SIGINT' | 'parent-gone';

/** Calls back for each request to stop; a process whose parent died has nobody left to work for. */
function onStopRequest(listener: (cause: StopCause) => void): void {
  process.on('SIGTERM', () => listener('SIGTERM'));
  process.on('SIGINT', () => listener('SIGINT'));
  if (process.send) process.on('disconnect', () => listener('parent-gone'));
}
