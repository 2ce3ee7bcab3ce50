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

/** Maps with at most `limit` items in work; results come in the order of the items. */
export async function* mapInOrder<Item, Result>(
  items: AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = [];
  for await (const item of items) {
    running.push(work(item));
    if (running.length < limit) continue;
    const oldest = running.shift();
    if (oldest) yield await oldest;
  }
  for (const rest of running) yield await rest;
}
