import type { NatsInstaller } from './nats-binary';
import { findNatsServer } from './nats-binary';

/** A machine on which an installer may or may not bring the server. */
function machine() {
  const tried: string[] = [];
  let installed: string | undefined;
  const installer = (name: string, outcome: 'works' | 'fails' | 'impossible'): NatsInstaller => ({
    name,
    isPossible: () => Promise.resolve(outcome !== 'impossible'),
    install: () => {
      tried.push(name);
      if (outcome === 'fails') return Promise.reject(new Error(`${name} is broken\nat line 1`));
      installed = `/bin-of-${name}/nats-server`;
      return Promise.resolve();
    },
  });
  return { tried, installer, search: () => Promise.resolve(installed) };
}

describe('finding nats-server', () => {
  it('installs nothing when it is there', async () => {
    const { installer, tried } = machine();
    const found = findNatsServer([installer('apt', 'works')], () => Promise.resolve('/usr/nats'));
    expect(await found).toBe('/usr/nats');
    expect(tried).toEqual([]);
  });

  it('takes the first installer that is possible and works', async () => {
    const { installer, tried, search } = machine();
    const found = await findNatsServer(
      [installer('apt', 'impossible'), installer('brew', 'fails'), installer('download', 'works')],
      search,
    );
    expect(found).toBe('/bin-of-download/nats-server');
    expect(tried).toEqual(['brew', 'download']);
  });

  it('says in one sentence what was tried and what to do', async () => {
    const { installer, search } = machine();
    const found = findNatsServer(
      [installer('apt', 'fails'), installer('download', 'fails')],
      search,
    );
    await expect(found).rejects.toThrow(
      'nats-server is not installed and could not be (apt: apt is broken; download: download is broken): ' +
        'install it and put it on PATH, see https://docs.nats.io',
    );
  });
});
