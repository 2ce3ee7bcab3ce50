import type { TempFolder } from '../process/temp-folder';
import { createTempFolder } from '../process/temp-folder';
import { isRunning } from '../process/process-info';
import { NatsServer, pingNats } from './nats-server';

describe('a started nats-server', () => {
  let folder: TempFolder;
  let server: NatsServer;

  beforeAll(async () => {
    folder = await createTempFolder();
    server = await NatsServer.start({ dir: folder.path });
  });

  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  it('answers with JetStream on a free loopback port', async () => {
    expect(server.url).toBe(`nats://127.0.0.1:${server.port}`);
    expect(await pingNats(server.port)).toBe(true);
  });

  it('comes back on the same port after a kill', async () => {
    const { port, pid } = server;
    expect(await server.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await pingNats(port)).toBe(false);
    await server.restart();
    expect(server.port).toBe(port);
    expect(server.pid).not.toBe(pid);
    expect(await pingNats(port)).toBe(true);
  });

  it('tells what it uses where the system does', () => {
    const usage = server.usage();
    if (process.platform !== 'linux') return expect(usage).toBeUndefined();
    expect(usage?.rssBytes).toBeGreaterThan(1_000_000);
  });

  it('fails with the end of its log when the port is taken', async () => {
    const second = NatsServer.start({ dir: `${folder.path}/second`, port: server.port });
    await expect(second).rejects.toThrow(
      /nats-server ended before it was ready[^]*address already in use/,
    );
  });

  it('is gone after stop', async () => {
    const { pid } = server;
    await server.stop();
    expect(isRunning(pid)).toBe(false);
  });
});
