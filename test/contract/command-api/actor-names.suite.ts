import type { ActorNames } from '../../../apps/command-api/src/access/actor-names.port';

const named = (...entries: readonly (readonly [string, string])[]) => new Map(entries);

/** What the table of names promises, whatever keeps it. `open` gives one that is empty. */
export function actorNamesSuite(open: () => Promise<ActorNames>): void {
  let names: ActorNames;

  beforeEach(async () => {
    names = await open();
  });
  afterEach(() => names.close());

  it('has the names that were written last, and nobody else', async () => {
    await names.keep(named(['a-1', 'Jane'], ['a-2', 'John']));
    await names.keep(named(['a-1', 'Jane Doe']));
    expect(await names.find(['a-2', 'a-1', 'a-3'])).toEqual(
      new Map([
        ['a-1', 'Jane Doe'],
        ['a-2', 'John'],
      ]),
    );
    expect(await names.find([])).toEqual(new Map());
  });

  it('keeps no name of whom it was told to erase, before or after there was one', async () => {
    await names.keep(named(['a-1', 'Jane']));
    await names.erase(['a-1', 'a-2']);
    await names.erase(['a-1']);
    await names.keep(named(['a-1', 'Jane'], ['a-2', 'John'], ['a-3', 'Ada']));
    expect(await names.find(['a-1', 'a-2', 'a-3'])).toEqual(
      new Map([
        ['a-1', null],
        ['a-2', null],
        ['a-3', 'Ada'],
      ]),
    );
    await names.erase([]);
    expect((await names.find(['a-3'])).get('a-3')).toBe('Ada');
  });

  it('fills in the names of those alone who have none and were not erased', async () => {
    await names.keep(named(['a-1', 'Jane']));
    await names.erase(['a-2']);
    await names.fill(named(['a-1', 'Another'], ['a-2', 'Another'], ['a-3', 'Ada']));
    expect(await names.find(['a-1', 'a-2', 'a-3'])).toEqual(
      new Map([
        ['a-1', 'Jane'],
        ['a-2', null],
        ['a-3', 'Ada'],
      ]),
    );
  });

  it.each(['O\'Hara \\ "x" %s $1', '<b>', 'نرگس', '👩‍💻', 'x'.repeat(200), 'null'])(
    'gives back what it was given: %s',
    async (name) => {
      await names.keep(named(['a-1', name]));
      expect((await names.find(['a-1'])).get('a-1')).toBe(name);
    },
  );

  it('takes a thousand at once, from several at the same time', async () => {
    const all = Array.from({ length: 1_000 }, (_, n) => [`a-${n}`, `Name ${n}`] as const);
    await Promise.all([
      names.keep(named(...all)),
      names.keep(named(...[...all].reverse())),
      names.erase(all.slice(0, 500).map(([actorId]) => actorId)),
    ]);
    const found = await names.find(all.map(([actorId]) => actorId));
    expect(found.size).toBe(1_000);
    expect([...found.values()].filter((name) => name === null)).toHaveLength(500);
  });
}
