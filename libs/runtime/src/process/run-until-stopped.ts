import { ConfigurationError } from '../config/configuration.error';
import type { Logger } from '../logging/logger';
import { createLogger } from '../logging/logger';
import type { Ports } from './announce-ready';
import { announceReady } from './announce-ready';
import type { StopCause } from './stop-causes';
import { onStopRequest } from './stop-causes';

const STOP_LIMIT_MS = 25_000;
/** Without a parent the servers around this process are probably going away too. */
const ORPHAN_STOP_LIMIT_MS = 5_000;

export interface StartedProcess {
  readonly ports: Ports;
  stop(): Promise<void>;
}

export interface ProcessOptions {
  readonly name: string;
  readonly start: () => Promise<StartedProcess>;
  readonly logger?: Logger;
  /** Longest graceful stop in ms. */
  readonly stopLimitMs?: number;
}

/**
 * Runs a process: start, announce ready, and on SIGTERM, SIGINT or a lost parent stop and exit.
 * A failed start, a stop that takes too long and any unhandled error end it with code 1.
 */
export async function runUntilStopped(options: ProcessOptions): Promise<void> {
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
  logger.info({ cause }, 'stopping');
  setTimeout(() => {
    logger.error({ cause, limitMs }, 'not stopped in time');
    process.exit(1);
  }, limitMs);
  try {
    await (await started).stop();
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
    logger.fatal({ err: error }, 'uncaught exception');
    process.exit(1);
  });
}

function exitAfterFailedStart(logger: Logger, error: unknown): never {
  if (error instanceof ConfigurationError) {
    process.stderr.write(`${error.message}\n`);
    logger.fatal({ problems: error.problems }, 'start failed');
  } else {
    logger.fatal({ err: error }, 'start failed');
  }
  process.exit(1);
}
