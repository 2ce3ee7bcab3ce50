import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProbeOutcome } from '@uplift/lagoon';
import { UndiciHealthProbe } from '@uplift/lagoon';
import { InMemoryHealthProbe } from '@uplift/lagoon/testing';
import type { ProbeFixture } from './health-probe.suite';
import { healthProbeSuite } from './health-probe.suite';
import { systemClock } from '@uplift/runtime';

const ANSWERS: Readonly<Record<ProbeOutcome, (response: ServerResponse) => void>> = {
  healthy: (response) => response.end(),
  unhealthy: (response) => response.writeHead(503).end(),
  unresponsive: () => undefined,
};

async function openServer(): Promise<ProbeFixture> {
  let outcome: ProbeOutcome = 'healthy';
  const server = createServer((_request, response) => ANSWERS[outcome](response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const probe = new UndiciHealthProbe({ allowLoopback: true }, systemClock);
  return {
    probe,
    url: `http://127.0.0.1:${port}/health`,
    answer: (next) => (outcome = next),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await probe.close();
    },
  };
}

function openMemory(): Promise<ProbeFixture> {
  const probe = new InMemoryHealthProbe();
  const url = 'http://127.0.0.1:3000/health';
  return Promise.resolve({
    probe,
    url,
    answer: (outcome) => probe.answer(url, outcome),
    close: () => probe.close(),
  });
}

healthProbeSuite('the probe over HTTP', openServer);
healthProbeSuite('the in-memory probe', openMemory);
