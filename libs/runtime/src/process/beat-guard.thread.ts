import { write } from 'node:fs';
import { WASI } from 'node:wasi';
import { workerData } from 'node:worker_threads';
import { systemClock } from '../time/clock';
import type { WatchedEventLoop } from './beat-guard';
import { EventLoopWatch } from './event-loop-watch';

/* Runs beside the event loop of a service, see BeatGuard. */

/** What of it is used here: the types that we compile with do not have it. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => object;
};

const STDOUT = 1;
/** The log may be what the event loop is stuck in. */
const LOG_LIMIT_MS = 500;

const { service, limitMs, pauseMs, turns } = workerData as WatchedEventLoop;
const watch = new EventLoopWatch(pauseMs, systemClock.monotonic());

const stopLooking = systemClock.every(pauseMs, () => {
  const standsStillMs = watch.look(Atomics.load(turns, 0), systemClock.monotonic());
  if (standsStillMs < limitMs) return;
  stopLooking();
  const line = {
    level: 'fatal',
    time: new Date(systemClock.wall()).toISOString(),
    service,
    reasons: { 'event loop': `no turn for ${Math.round(standsStillMs)} ms` },
    msg: 'a loop stands still',
  };
  systemClock.after(LOG_LIMIT_MS, endProcess);
  write(STDOUT, `${JSON.stringify(line)}\n`, endProcess);
});

/**
 * Ends the whole process with code 1. `process.exit` of a thread ends the thread alone, and a signal that kills is
 * ignored by the first process of a container; the exit call of WebAssembly's system interface is the operating
 * system's own.
 */
function endProcess(): void {
  try {
    const wasi = new WASI({ version: 'preview1', returnOnExit: false });
    const program = new WebAssembly.Module(EXIT_WITH_1);
    const imports = { wasi_snapshot_preview1: wasi.wasiImport };
    wasi.start(new WebAssembly.Instance(program, imports));
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}

/** `(module (import "wasi_snapshot_preview1" "proc_exit" …) (memory …) (func (export "_start") i32.const 1 call 0))` */
const EXIT_WITH_1 = Buffer.from(
  'AGFzbQEAAAABCAJgAX8AYAAAAiQBFndhc2lfc25hcHNob3RfcHJldmlldzEJcHJvY19leGl0AAADAgEBBQMBAAAHEwIGbWVtb3J5AgAGX3N0YXJ0AAEKCAEGAEEBEAAL',
  'base64',
);
