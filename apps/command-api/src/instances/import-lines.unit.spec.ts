import * as fc from 'fast-check';
import { PassThrough, Readable } from 'node:stream';
import type { Line } from './import-lines';
import { linesOf, mapInOrder } from './import-lines';

async function read(chunks: readonly Buffer[], limit = 10): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for await (const line of linesOf(Readable.from(chunks), limit)) lines.push(line);
  return lines;
}

const bytes = (...texts: string[]) => texts.map((text) => Buffer.from(text));

describe('linesOf', () => {
  it('counts empty lines but does not hand them on', async () => {
    expect(await read(bytes('a\n\r\n b \nc'))).toEqual([
      { number: 1, text: 'a' },
      { number: 3, text: 'b' },
      { number: 4, text: 'c' },
    ]);
  });

  it('names a line over the limit and goes on', async () => {
    expect(await read(bytes('12345', '6789', '01234\nnext'))).toEqual([
      { number: 1, tooLong: true },
      { number: 2, text: 'next' },
    ]);
  });

  it('reads the same wherever the stream is cut', async () => {
    const text = 'eins\nzw\u00f6lf\n\u20ac\n';
    const whole = await read([Buffer.from(text)], 100);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(16)), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), Buffer.byteLength(text)];
        const chunks = at.slice(1).map((end, n) => Buffer.from(text).subarray(at[n], end));
        expect(await read(chunks, 100)).toEqual(whole);
      }),
    );
  });
});

async function* numbers(count: number) {
  for (let n = 0; n < count; n++) yield await Promise.resolve(n);
}

describe('mapInOrder', () => {
  it('keeps the order and never has more in work than allowed', async () => {
    let inWork = 0;
    let most = 0;
    const work = async (n: number) => {
      most = Math.max(most, ++inWork);
      for (let turns = n % 3; turns >= 0; turns--) await Promise.resolve();
      inWork -= 1;
      return n * 2;
    };

    const results: number[] = [];
    for await (const result of mapInOrder(numbers(50), 4, work)) results.push(result);

    expect(results).toEqual(Array.from({ length: 50 }, (_, n) => n * 2));
    expect(most).toBeLessThanOrEqual(4);
  });

  it('hands out a result as soon as it is there, while the next item is still to come', async () => {
    const items = new PassThrough({ objectMode: true });
    const results = mapInOrder(items, 4, (n: unknown) => Promise.resolve(n));
    items.write(1);

    expect(await results.next()).toEqual({ done: false, value: 1 });
    items.write(2);
    expect(await results.next()).toEqual({ done: false, value: 2 });
    items.end();
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });

  it('hands out what is in work when the items break off, then says why', async () => {
    async function* broken() {
      yield* numbers(2);
      throw new Error('cut');
    }
    const results: number[] = [];
    const reading = (async () => {
      for await (const n of mapInOrder(broken(), 4, (each) => Promise.resolve(each))) {
        results.push(n);
      }
    })();

    await expect(reading).rejects.toThrow('cut');
    expect(results).toEqual([0, 1]);
  });
});
