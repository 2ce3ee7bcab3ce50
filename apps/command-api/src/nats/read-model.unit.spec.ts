import { BusClient } from '@uplift/bus';
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
      readModel.ask('instanceStats', { minPosition: '9' }, {}),
    );

    await expect(readModel.ask('instanceStats', { minPosition: '9' }, {})).rejects.toMatchObject(
      refusedWith('too-many-waits'),
    );
    await expect(readModel.ask('instanceStats', {}, {})).resolves.toEqual({});

    bus.held.splice(0).forEach((answer) => answer());
    await Promise.all(waiting);
    const again = readModel.ask('instanceStats', { minPosition: '9' }, {});
    bus.held.splice(0).forEach((answer) => answer());
    await expect(again).resolves.toEqual({});
  });
});
