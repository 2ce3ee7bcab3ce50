import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { ManagedProcess } from '../../../tools/stack/src';
import { Stack } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';
import { TestBalancer } from './test-balancer';

/** As in production, where a stack for tests has none. */
const DRAIN = { UPLIFT_DRAIN_MS: '5000' };
const PER_SECOND = 50;

export function rollingRestartSuite(): void {
  describe('a rolling restart of two command APIs', () => {
    let stack: Stack;
    let apis: ManagedProcess[];
    let balancer: TestBalancer;

    beforeAll(async () => {
      stack = await Stack.start({ infrastructure: ['eventstore', 'nats'], services: [] });
      apis = await Promise.all(
        ['command-api', 'command-api-2'].map((as) => stack.startService('command-api', as, DRAIN)),
      );
      const backends = apis.map((api) => ({
        port: api.port('http'),
        healthPort: api.port('health'),
      }));
      balancer = await TestBalancer.start(backends);
    });

    afterAll(async () => {
      await balancer?.stop();
      await stack?.stop();
    });

    it('refuses no connection and fails no command, at 50 new connections a second', async () => {
      const running = new AbortController();
      const answers = commandsUntil(balancer.url, running.signal);
      for (const api of apis) {
        expect(await api.stop()).toEqual({ code: 0, signal: null });
        expect(balancer.readyCount).toBe(1);
        await api.restart();
        await eventually(() => expect(balancer.readyCount).toBe(2));
      }
      running.abort();
      const statuses = await Promise.all(await answers);
      expect(balancer.refused).toEqual([]);
      expect(statuses.filter((status) => status !== 202)).toEqual([]);
      expect(statuses.length).toBeGreaterThan(2 * PER_SECOND);
    });
  });
}

/** Each command on a connection of its own; answers the status, or the error of the connection. */
async function commandsUntil(url: string, signal: AbortSignal) {
  const answers: Promise<number | string>[] = [];
  while (!signal.aborted) {
    answers.push(register(url).catch(String));
    await pause(1_000 / PER_SECOND);
  }
  return answers;
}

async function register(url: string): Promise<number> {
  const instance = { project: `rolling-${randomUUID()}`, environment: 'main', app: 'rolling' };
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  const sent = request(`${url}/v1/instances`, { method: 'POST', agent: false, headers });
  const answered = new Promise<number>((resolve, reject) => {
    sent.on('error', reject).on('response', (response) => {
      text(response).then(() => resolve(response.statusCode ?? 0), reject);
    });
  });
  sent.end(JSON.stringify({ ...instance, status: 'running-healthy-claimed' }));
  return answered;
}
