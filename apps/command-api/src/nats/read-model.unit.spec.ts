import { BusClient } from '@uplift/bus';
import type { Principal } from '@uplift/access';
import { ANYBODY } from '@uplift/access';
import { refusedWith } from '../testing/command-requests';
import { ReadModel } from './read-model';

/** Answers when the test says so. */
class HeldClient extends BusClient {
  readonly held: (() => void)[] = [];

  constructor() {
    super({} as ConstructorParameters<typeof BusClient>[0]);
  }

  override request(_subject: string, body: object): Promise<unknown> {
    if (!('minPosition' in body)) return Promise.resolve({});
    return new Promise((resolve) => this.held.push(() => resolve({})));
  }
}

describe('queries that wait for a position', () => {
  it('are bounded apart: the others are answered while as many wait as may', async () => {
    const bus = new HeldClient();
    const readModel = new ReadModel(bus);
    const waiting = Array.from({ length: 100 }, () =>
      readModel.ask('instanceStats', { minPosition: '9' }, ANYBODY.http),
    );

    await expect(
      readModel.ask('instanceStats', { minPosition: '9' }, ANYBODY.http),
    ).rejects.toMatchObject(refusedWith('too-many-waits'));
    await expect(readModel.ask('instanceStats', {}, ANYBODY.http)).resolves.toEqual({});

    bus.held.splice(0).forEach((answer) => answer());
    await Promise.all(waiting);
    const again = readModel.ask('instanceStats', { minPosition: '9' }, ANYBODY.http);
    bus.held.splice(0).forEach((answer) => answer());
    await expect(again).resolves.toEqual({});
  });

  it('of one token take the places of others not', async () => {
    const readModel = new ReadModel(new HeldClient());
    const waitOf = (id: string) =>
      readModel.ask('instanceStats', { minPosition: '9' }, holderOfToken(id));
    for (let n = 0; n < 20; n += 1) void waitOf('one');

    await expect(waitOf('one')).rejects.toMatchObject(refusedWith('too-many-waits'));
    await expect(readModel.ask('instanceStats', {}, holderOfToken('one'))).resolves.toEqual({});
    const refused = jest.fn();
    void waitOf('other').catch(refused);
    void readModel.ask('instanceStats', { minPosition: '9' }, ANYBODY.http).catch(refused);
    await Promise.resolve();
    expect(refused).not.toHaveBeenCalled();
  });
});

function holderOfToken(id: string): Principal {
  return { ...ANYBODY.http, issuer: 'urn:uplift:api-token', actor: { type: 'user', id } };
}
