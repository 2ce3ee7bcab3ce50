import type { ProcessMinute } from './process-samples';
import type { SoakMinute } from './verdict';
import { verdictOf } from './verdict';

const MIB = 1024 * 1024;

function service(mebibytes: number, held = 50): ProcessMinute {
  const memory = {
    heldBytes: held * MIB,
    anonymousBytes: mebibytes * MIB,
    mappedBytes: MIB,
  };
  return { name: 'relay', isService: true, ...memory, cpuPercent: 5 };
}

const STEADY: SoakMinute = {
  ...{ started: 60, ended: 60, refused: 0, failed: 0, heldBack: 0, load: 1 },
  commandMs: { p50: 10, p99: 30 },
  upgradeMs: { p50: 2_000, p99: 4_000 },
  ...{ relayLag: 0, projectorLag: 0.5 },
  processes: [service(100)],
};

const run = (length: number, at: (n: number) => Partial<SoakMinute> = () => ({})) =>
  Array.from({ length }, (_, n) => ({ ...STEADY, ...at(n) }));
const broken = (minutes: readonly SoakMinute[], warmUp = 2) =>
  verdictOf(minutes, warmUp)
    .filter(({ holds }) => holds === false)
    .map(({ what }) => what);

describe('the verdict on a soak', () => {
  it('finds nothing in a steady run, whatever the warm-up was like', () => {
    const slow = { commandMs: { p50: 500, p99: 900 }, processes: [service(40)] };
    expect(broken(run(20, (n) => (n < 2 ? slow : {})))).toEqual([]);
  });

  it('lets one minute that is out of line pass', () => {
    expect(broken(run(20, (n) => (n === 19 ? { processes: [service(190, 90)] } : {})))).toEqual([]);
  });

  it('lets memory pass that goes up and down, however it falls into the thirds', () => {
    const moves = (n: number) => ({ processes: [service([100, 140, n < 8 ? 100 : 140][n % 3]!)] });
    expect(broken(run(20, moves))).toEqual([]);
  });

  it('names a service that grows by more than a twentieth', () => {
    expect(broken(run(20, (n) => ({ processes: [service(100 + n / 4)] })))).toEqual([]);
    expect(broken(run(20, (n) => ({ processes: [service(100 + n / 2)] })))).toEqual([
      'memory of relay',
    ]);
  });

  it('names a service that holds more by more than a twentieth, whatever its memory does', () => {
    const holds = (share: number) =>
      broken(run(20, (n) => ({ processes: [service(100, 50 + n / share)] })));
    expect(holds(8)).toEqual([]);
    expect(holds(4)).toEqual(['held by relay']);
  });

  it('does not judge what is no service', () => {
    const grows = (n: number) => ({ processes: [{ ...service(100 + 9 * n), isService: false }] });
    expect(broken(run(20, grows))).toEqual([]);
  });

  it.each([
    ['commands, p50', (n: number) => ({ commandMs: { p50: 10 + 2 * n, p99: 90 } })],
    ['upgrades, p50', (n: number) => ({ upgradeMs: { p50: 2_000 + 100 * n, p99: 9_000 } })],
    ['lag of the relay', (n: number) => ({ relayLag: n / 4 })],
    ['lag of the projector', (n: number) => ({ projectorLag: n / 4 })],
  ])('names a drift: %s', (what, at) => {
    expect(broken(run(20, at))).toEqual([what]);
  });

  it.each([
    ['commands refused', { refused: 1 }],
    ['upgrades that did not end healthy', { failed: 1 }],
    ['upgrades that found no instance at rest', { heldBack: 1 }],
  ])('names what must never be, even in the warm-up: %s', (what, minute) => {
    expect(broken(run(20, (n) => (n === 0 ? minute : {})))).toEqual([what]);
  });

  it('does not judge what a short run cannot tell', () => {
    const lines = verdictOf(
      run(7, (n) => ({ processes: [service(100 + 20 * n, 50 + 9 * n)] })),
      2,
    );
    expect(lines.filter(({ holds }) => holds === null).map(({ what }) => what)).toEqual([
      'held by relay',
      'memory of relay',
      'commands, p50',
      'upgrades, p50',
      'lag of the relay',
      'lag of the projector',
    ]);
  });
});
