import type { NatsInstaller, NatsMachine } from './find-nats-server';
import { findNatsServer } from './find-nats-server';

type Outcome = 'works' | 'fails' | 'impossible';

interface Situation {
  readonly named?: string;
  readonly onPath?: Readonly<Record<string, string>>;
  readonly isKept?: boolean;
  readonly installers?: Readonly<Record<string, Outcome>>;
}

/** A machine on which servers may be there or not, and installers may work or not. */
function machine({ named, onPath = {}, isKept = false, installers = {} }: Situation) {
  const tried: string[] = [];
  const versions = new Map(Object.entries(onPath));
  let kept = isKept ? '/cache/nats-server' : undefined;
  const install = (name: string, outcome: Outcome): NatsInstaller => ({
    name,
    isPossible: () => Promise.resolve(outcome !== 'impossible'),
    install: () => {
      tried.push(name);
      if (outcome === 'fails') return Promise.reject(new Error(`${name} is broken\nat line 1`));
      if (name === 'apt-get') versions.set('/usr/sbin/nats-server', '2.9.10');
      else kept = '/cache/nats-server';
      return Promise.resolve();
    },
  });
  const described: NatsMachine = {
    named,
    onPath: () => Promise.resolve([...versions.keys()].filter((path) => path !== named)),
    kept: () => Promise.resolve(kept),
    versionOf: (path) => Promise.resolve(versions.get(path)),
    installers: Object.entries(installers).map(([name, outcome]) => install(name, outcome)),
  };
  return { tried, find: () => findNatsServer(described) };
}

const OLD = { '/usr/sbin/nats-server': '2.9.10' };

describe('the choice of nats-server', () => {
  it('is the one that a setting names, whatever its version', async () => {
    const { find } = machine({ named: '/mine', onPath: { '/mine': '2.9.10' }, isKept: true });
    expect(await find()).toEqual({
      path: '/mine',
      version: '2.9.10',
      reason: 'UPLIFT_NATS_SERVER names it',
    });
  });

  it('says so when the named one does not run', async () => {
    await expect(machine({ named: '/none', isKept: true }).find()).rejects.toThrow(
      'UPLIFT_NATS_SERVER names /none, which is no nats-server that runs here',
    );
  });

  it.each(['2.12.0', '2.15.2', '3.0.0'])('is the one on PATH if that is %s', async (version) => {
    const { find, tried } = machine({
      onPath: { ...OLD, '/bin/nats-server': version },
      isKept: true,
      installers: { archive: 'works' },
    });
    expect(await find()).toEqual({ path: '/bin/nats-server', version, reason: 'it is on PATH' });
    expect(tried).toEqual([]);
  });

  it.each(['2.9.10', '2.11.99', '1.20.0'])('is the kept one if PATH has %s', async (version) => {
    const { find } = machine({ onPath: { '/bin/nats-server': version }, isKept: true });
    expect(await find()).toEqual({
      path: '/cache/nats-server',
      version: '2.15.2',
      reason: `kept from an earlier installation; /bin/nats-server is ${version}, and 2.12 or newer is wanted`,
    });
  });

  it('is the first that can be installed, before an older one on PATH', async () => {
    const { find, tried } = machine({
      onPath: OLD,
      installers: { archive: 'fails', go: 'works', brew: 'works' },
    });
    expect(await find()).toEqual({
      path: '/cache/nats-server',
      version: '2.15.2',
      reason: 'installed now: go',
    });
    expect(tried).toEqual(['archive', 'go']);
  });

  it('leaves out installers that are not possible', async () => {
    const { find, tried } = machine({ installers: { archive: 'impossible', brew: 'works' } });
    await find();
    expect(tried).toEqual(['brew']);
  });

  it.each([
    ['that is there', { onPath: OLD, installers: { archive: 'fails' } }],
    ['of apt-get', { installers: { archive: 'fails', 'apt-get': 'works' } }],
  ] as const)('is an older one %s last, for development only', async (_, situation) => {
    expect(await machine(situation).find()).toEqual({
      path: '/usr/sbin/nats-server',
      version: '2.9.10',
      reason:
        '2.15.2 could not be installed (archive: archive is broken). ' +
        'This one is for development only: production needs 2.12 or newer',
    });
  });

  it('says in one sentence what was tried and what to do', async () => {
    const { find } = machine({ installers: { 'apt-get': 'fails', archive: 'fails' } });
    await expect(find()).rejects.toThrow(
      'nats-server is not installed and could not be (apt-get: apt-get is broken; archive: archive is broken): ' +
        'install 2.15.2 and put it on PATH, see https://docs.nats.io',
    );
  });
});
