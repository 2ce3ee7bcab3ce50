/** The errors whose stack trace is written while the work is done, of those that a file or package had a part in. */
export async function tracesIn(name: string, work: () => Promise<unknown>): Promise<string[]> {
  const traces: string[] = [];
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  Error.prepareStackTrace = (error, frames) => {
    if (frames.some((frame) => frame.getFileName()?.includes(name))) traces.push(String(error));
    return String(error);
  };
  try {
    await work();
    // The socket is closed a moment later.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    if (before) Object.defineProperty(Error, 'prepareStackTrace', before);
    else Reflect.deleteProperty(Error, 'prepareStackTrace');
  }
  return traces;
}
