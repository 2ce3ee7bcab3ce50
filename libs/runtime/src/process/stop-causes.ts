export type StopCause = 'SIGTERM' | 'SIGINT' | 'parent-gone';

/** Calls back for each request to stop; a process whose parent died has nobody left to work for. */
export function onStopRequest(listener: (cause: StopCause) => void): void {
  process.on('SIGTERM', () => listener('SIGTERM'));
  process.on('SIGINT', () => listener('SIGINT'));
  if (process.send) process.on('disconnect', () => listener('parent-gone'));
}
