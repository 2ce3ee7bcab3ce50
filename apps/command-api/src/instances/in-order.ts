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
