import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Loaded by Node before anything else: the clock of the process is off by what the file says, from then on. */
const PRELOAD = `
const { readFileSync } = require('node:fs');
const real = Date.now.bind(Date);
const LOOK_MS = 100;
let offset = 0;
let lookedAt = -LOOK_MS;
const now = () => {
  const at = performance.now();
  if (at - lookedAt >= LOOK_MS) {
    lookedAt = at;
    try {
      offset = Number(readFileSync(process.env.SKEWED_CLOCK_FILE, 'utf8')) || 0;
    } catch {
      offset = 0;
    }
  }
  return real() + offset;
};
globalThis.Date = new Proxy(Date, {
  construct: (target, args, self) => Reflect.construct(target, args.length > 0 ? args : [now()], self),
  apply: (target) => new target(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
`;

/** The clock of a Node process; timers and the monotonic clock stay as they are. */
export class SkewedClock {
  private readonly file: string;

  constructor(
    private readonly dir: string,
    name: string,
  ) {
    this.file = join(dir, `${name}.offset`);
    writeFileSync(join(dir, 'preload.cjs'), PRELOAD);
  }

  /** Settings of the process. */
  get env(): Readonly<Record<string, string>> {
    return {
      NODE_OPTIONS: `--require ${join(this.dir, 'preload.cjs')}`,
      SKEWED_CLOCK_FILE: this.file,
    };
  }

  jump(offsetMs: number): void {
    writeFileSync(this.file, String(offsetMs));
  }

  heal(): void {
    rmSync(this.file, { force: true });
  }
}
