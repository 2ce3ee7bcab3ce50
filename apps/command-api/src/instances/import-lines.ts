const NEWLINE = 0x0a;

export type Line =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly tooLong: true };

/** Cuts a byte stream at newlines; a line over the limit is named but not kept. Empty lines are skipped. */
export async function* linesOf(
  bytes: AsyncIterable<Buffer>,
  maxLineBytes: number,
): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let size = 0;
  let number = 1;
  const keep = (part: Buffer) => {
    size += part.length;
    if (size <= maxLineBytes) parts.push(part);
  };
  for await (const chunk of bytes) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      keep(chunk.subarray(from, at));
      yield* line(number++, parts, size > maxLineBytes);
      [parts, size, from] = [[], 0, at + 1];
    }
    keep(chunk.subarray(from));
  }
  yield* line(number, parts, size > maxLineBytes);
}

function* line(number: number, parts: readonly Buffer[], tooLong: boolean): Generator<Line> {
  if (tooLong) {
    yield { number, tooLong };
    return;
  }
  const text = Buffer.concat(parts).toString('utf8').trim();
  if (text !== '') yield { number, text };
}

/**
 * Maps with at most `limit` items in work; results come in the order of the items, each as soon as it is there, also
 * while the next item is still to come. If the items break off, what is in work is handed out first.
 */
export async function* mapInOrder<Item, Result>(
  items: AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const source = new ItemSource(items);
  const running: Promise<Result>[] = [];
  while (running.length > 0 || !source.hasEnded) {
    if (await source.comesBefore(running[0], running.length < limit)) {
      running.push(...source.take().map(work));
      continue;
    }
    const oldest = running.shift();
    if (oldest !== undefined) yield await oldest;
  }
  if (source.failure !== undefined) throw source.failure;
}

/** The next of some items, asked for ahead. */
class ItemSource<Item> {
  /** Why no more items come, if they broke off. */
  failure: Error | undefined;
  /** Resolves when there is an item, or none any more; undefined after that. */
  private arrival: Promise<void> | undefined;
  private readonly iterator: AsyncIterator<Item>;
  private next: readonly Item[] = [];

  constructor(items: AsyncIterable<Item>) {
    this.iterator = items[Symbol.asyncIterator]();
    this.arrival = this.ask();
  }

  get hasEnded(): boolean {
    return this.arrival === undefined;
  }

  /** Whether something is to be taken before the result is there. */
  async comesBefore(result: Promise<unknown> | undefined, mayTake: boolean): Promise<boolean> {
    const { arrival } = this;
    if (arrival === undefined || !mayTake) return false;
    const arrived = arrival.then(() => true);
    if (result === undefined) return arrived;
    const isDone = () => false;
    return Promise.race([arrived, result.then(isDone, isDone)]);
  }

  /** What has arrived: one item, or none at the end. */
  take(): readonly Item[] {
    const { next } = this;
    this.arrival = next.length > 0 ? this.ask() : undefined;
    return next;
  }

  private async ask(): Promise<void> {
    try {
      const next = await this.iterator.next();
      this.next = next.done === true ? [] : [next.value];
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      this.next = [];
    }
  }
}
