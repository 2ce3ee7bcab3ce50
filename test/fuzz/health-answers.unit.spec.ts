import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { UndiciHealthProbe } from '@uplift/lagoon';
import { TargetRefusedError } from '@uplift/outbound';
import { systemClock } from '@uplift/runtime';
import fc from 'fast-check';
import { healthPage } from '../../apps/stage-workers/src/stages/verification/health-page';
import { fuzz } from './fuzz';
import { anyBytes, anyText } from './hostile-values';

const headers = fc.array(
  fc.oneof(
    fc.constantFrom('Content-Length: 3', 'Content-Length: 999999', 'Content-Length: x'),
    fc.constantFrom('Transfer-Encoding: chunked', 'Content-Encoding: gzip', 'Location: http://a/'),
    fc.constantFrom(
      'Connection: close',
      'Refresh: 0',
      'Set-Cookie: a=b',
      `X: ${'y'.repeat(20_000)}`,
    ),
    anyText,
  ),
  { maxLength: 4 },
);
const statusLine = fc.oneof(
  fc.integer({ min: 0, max: 999 }).map((status) => `HTTP/1.1 ${status} x`),
  fc.constantFrom(
    'HTTP/1.1 200',
    'HTTP/1.0 200 OK',
    'HTTP/1.1 100 Continue',
    'HTTP/2 200',
    'ICY 200',
  ),
  anyText,
);
const answer = fc.tuple(statusLine, headers, anyBytes).map(([line, lines, body]) => {
  const head = Buffer.from(`${[line, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
  return Buffer.concat([head, body]);
});

describe('answers to a health probe', () => {
  const open = new Set<Socket>();
  let said = Buffer.from('');
  let server: Server;
  let url = '';
  beforeAll(async () => {
    server = createServer((socket) => {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
      socket.once('data', () => socket.end(said));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
  });
  afterAll(() => {
    open.forEach((socket) => socket.destroy());
    server.close();
  });

  it('prove health by a status of 2xx in an answer that is whole, and by nothing else', async () => {
    const probe = new UndiciHealthProbe({ allowLoopback: true }, systemClock);
    const property = fc.asyncProperty(answer, async (bytes) => {
      said = bytes;
      const { outcome, status, detail } = await probe.probe(url, { timeoutMs: 5_000 });
      const isWell = status !== undefined && status >= 200 && status < 300;
      expect(outcome).toBe(
        status === undefined ? 'unresponsive' : isWell ? 'healthy' : 'unhealthy',
      );
      expect(detail).not.toMatch(/\n/);
      if (outcome === 'healthy') expect(bytes.toString('latin1')).toMatch(/HTTP\/1\.[01] 2\d\d/);
    });
    await fuzz({ edge: 'health-answers', runs: 60 }, property);
  });

  it('are asked for only where the rules allow it, whatever route Lagoon names', async () => {
    const probe = new UndiciHealthProbe({ allowLoopback: false }, systemClock);
    const host = fc.oneof(
      fc.constantFrom('127.0.0.1', '0x7f.1', '2130706433', '[::1]', 'localhost', '169.254.169.254'),
      fc.constantFrom('a.example', 'user:p@a.example', 'a.example:8080', 'a.example.', 'xn--a'),
      anyText,
    );
    const scheme = fc.constantFrom('https://', 'http://', 'ftp://', '//', 'javascript:', '');
    const route = fc.tuple(scheme, host, fc.constantFrom('', '/', '/?a=b', '#x'));
    const property = fc.property(fc.array(route, { maxLength: 3 }), anyText, (routes, path) => {
      const texts = routes.map((parts) => ({ text: parts.join(''), alsoOf: null }));
      const rules = { probe, suffixes: ['example'] };
      const target = { path, acceptStatuses: [] };
      const choice = healthPage(target, { routes: texts }, rules);
      if (choice.kind === 'none') return;
      const { protocol, hostname } = new URL(choice.page.url);
      expect(protocol).toBe('https:');
      expect(hostname).toMatch(/\.example\.?$/);
    });
    await fuzz({ edge: 'health-routes', runs: 300 }, property);
  });

  it('are refused by a known error for any address', async () => {
    const probe = new UndiciHealthProbe({ allowLoopback: false }, systemClock);
    const property = fc.asyncProperty(anyText, async (text) => {
      await expect(probe.probe(text, { timeoutMs: 1_000 })).rejects.toBeInstanceOf(
        TargetRefusedError,
      );
    });
    await fuzz({ edge: 'health-addresses', runs: 100 }, property);
  });
});
