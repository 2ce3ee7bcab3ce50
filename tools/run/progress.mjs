// Shows that a long step goes on. Node's own modules only.

/** How often it is told: on a terminal in the same line, elsewhere in one more. */
const EVERY_MS = { terminal: 1_000, lines: 15_000 };

/** Does the work and tells so on the error stream: standard output may be read by a program. */
export async function showing(what, work, { to = process.stderr, everyMs = EVERY_MS } = {}) {
  const startedAt = performance.now();
  const seconds = () => `${Math.round((performance.now() - startedAt) / 1_000)} s`;
  const tell = to.isTTY
    ? (words) => to.write(`\r\x1b[2K${words}`)
    : (words) => to.write(`${words}\n`);
  tell(`${what}…`);
  const pause = to.isTTY ? everyMs.terminal : everyMs.lines;
  const timer = setInterval(() => tell(`${what}… ${seconds()}`), pause);
  try {
    const result = await work();
    tell(`${what}: done in ${seconds()}`);
    return result;
  } catch (error) {
    tell(`${what}: failed after ${seconds()}`);
    throw error;
  } finally {
    clearInterval(timer);
    if (to.isTTY) to.write('\n');
  }
}
