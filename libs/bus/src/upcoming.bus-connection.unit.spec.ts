import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import type { BusConnection, ServiceDescription } from './bus-connection.port';
import { NoAnswerError } from './bus-connection.port';
import { InMemoryBus, InMemoryBusConnection } from './testing';
import { UpcomingBusConnection } from './upcoming.bus-connection';

const ASKED = 'uplift.qry.v1.test';

function setUp() {
  const clock = new VirtualClock();
  const bus = new InMemoryBus({ clock, randomness: new SeededRandomness(1) });
  const connect = (name: string) => new InMemoryBusConnection(bus, name);
  let arrive: (connection: BusConnection) => void = () => undefined;
  const coming = new Promise<BusConnection>((resolve) => (arrive = resolve));
  const upcoming = new UpcomingBusConnection(coming, clock);
  const others = connect('other');
  const there = connect('service');
  const comes = async () => {
    arrive(there);
    await coming;
  };
  const ask = (from: BusConnection) => from.request(ASKED, '{}', { headers: {}, timeoutMs: 10 });
  return { upcoming, there, others, comes, ask };
}

const answering: ServiceDescription = {
  name: 'test',
  version: '1.0.0',
  endpoints: [
    {
      name: 'ask',
      subject: ASKED,
      metadata: {},
      onRequest: (request) => request.respond({ headers: {}, payload: Buffer.from('"yes"') }),
    },
  ],
};

describe('a connection that may still be on its way', () => {
  it('is as one that is cut until it is there', async () => {
    const { upcoming, ask, comes } = setUp();
    expect(upcoming).toMatchObject({ isConnected: false, isClosed: false });
    await expect(ask(upcoming)).rejects.toThrow(NoAnswerError);
    await expect(upcoming.lastSequence()).rejects.toThrow('not connected');
    await upcoming.flush();
    await comes();
    expect(upcoming.isConnected).toBe(true);
  });

  it('serves and asks from then on, and tells whoever waits for a connection', async () => {
    const { upcoming, others, ask, comes } = setUp();
    const onReconnect = jest.fn();
    upcoming.onReconnect(onReconnect);
    const stop = await upcoming.serve(answering);
    expect(onReconnect).not.toHaveBeenCalled();
    await comes();
    expect(onReconnect).toHaveBeenCalledTimes(1);
    expect(Buffer.from((await ask(others)).payload).toString()).toBe('"yes"');
    await stop();
    await expect(ask(upcoming)).rejects.toThrow(NoAnswerError);
  });

  it('serves nothing that was given up before, and is closed when it comes after the end', async () => {
    const { upcoming, there, others, ask, comes } = setUp();
    const stop = await upcoming.serve(answering);
    await stop();
    await upcoming.close();
    expect(upcoming.isClosed).toBe(true);
    await comes();
    await expect(ask(others)).rejects.toThrow(NoAnswerError);
    expect(there.isClosed).toBe(true);
  });
});
