import 'reflect-metadata';
import { BUS_COMMAND_SUBJECTS, QUERY_SUBJECTS } from '@uplift/contracts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { asyncApiFile } from '../../../apps/command-api/src/pages/async-api-file';
import { openApiFile } from '../../../apps/command-api/src/pages/open-api-file';
import { projectRoot } from '../../../tools/stack/src';
import { PUBLISHED_FILE } from './published-contract';
import type { RunningCommandApi } from './running-command-api';

const REGISTERED =
  /^uplift_commands_total\{command="RegisterInstance",transport="http",outcome="accepted"\} (\d+)$/m;
const WRITE = 'node dist/apps/command-api/src/pages/write-open-api.main.js';

export function publishedSuite(running: () => RunningCommandApi): void {
  describe('what is published', () => {
    let api: RunningCommandApi;

    beforeAll(() => {
      api = running();
    });

    const textOf = async (path: string) => {
      const response = await fetch(`${api.url}${path}`);
      return { status: response.status, headers: response.headers, text: await response.text() };
    };

    const registrations = async () => {
      const { text } = await textOf('/metrics');
      return Number(REGISTERED.exec(text)?.[1] ?? 0);
    };

    it(`is what the code does (else run: ${WRITE})`, async () => {
      expect(await openApiFile()).toBe(readFileSync(PUBLISHED_FILE, 'utf8'));
    });

    it('is what the code does on the bus, too', async () => {
      const file = join(projectRoot(), 'contracts/asyncapi.yaml');
      const present = readFileSync(file, 'utf8');
      expect(asyncApiFile(present, await openApiFile())).toBe(present);
    });

    it('is what the service serves', async () => {
      const { text } = await textOf('/openapi.json');

      expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(PUBLISHED_FILE, 'utf8')));
    });

    it.each(['/docs', '/asyncapi', '/problems', '/reasons'])(
      'has a page for people without anything foreign: %s',
      async (path) => {
        const { status, headers, text } = await textOf(path);

        expect(status).toBe(200);
        expect(headers.get('content-type')).toContain('text/html');
        expect(headers.get('content-security-policy')).toContain("default-src 'none'");
        expect(text).not.toMatch(
          /<script(?! src="\/docs\/)|(src|href|url|action)\W{1,2}https?:\/\//,
        );
      },
    );

    it('serves what its pages load, and leads there from the root', async () => {
      const { text } = await textOf('/');
      const scripts = Array.from(text.matchAll(/ src="([^"]+)"/g), ([, path = '']) => path);
      expect(scripts).toHaveLength(2);

      for (const path of scripts) {
        const script = await textOf(path);
        expect(script.status).toBe(200);
        expect(script.headers.get('content-type')).toContain('text/javascript');
        expect(() => new Script(script.text)).not.toThrow();
      }
    });

    it('names every operation and every problem on its pages', async () => {
      expect((await textOf('/docs')).text).toContain('POST /v1/instances/{id}/upgrades');
      const bus = (await textOf('/asyncapi')).text;
      for (const subject of Object.values({ ...BUS_COMMAND_SUBJECTS, ...QUERY_SUBJECTS })) {
        expect(bus).toContain(`nats req ${subject} '{`);
      }
      expect((await textOf('/problems')).text).toContain('id="idempotency-key-reused"');
      expect((await textOf('/reasons')).text).toContain('id="deployment-failed"');
    });

    it('tells its health and its measures over HTTP too', async () => {
      const before = await registrations();

      await api.register('measured');

      expect(await registrations()).toBe(before + 1);
      expect((await textOf('/health/live')).status).toBe(200);
      const access = 'UPLIFT_AUTH=off: everybody who reaches this process may do everything';
      expect(JSON.parse((await textOf('/health/ready')).text)).toEqual({
        ...{ status: 'ok', reasons: {}, degraded: { access } },
      });
    });

    it('introduces itself on the bus with its commands', async () => {
      const reply = await api.connection.nats.request('$SRV.INFO.uplift-command-api', '', {
        timeout: 5_000,
      });

      const { endpoints } = reply.json<{ endpoints: { subject: string; metadata: object }[] }>();
      expect(endpoints.map(({ subject }) => subject).sort()).toEqual([
        'trigger_upgrade',
        'uplift.cmd.v1.instance.claim',
        'uplift.cmd.v1.instance.deregister',
        'uplift.cmd.v1.instance.park',
        'uplift.cmd.v1.instance.register',
        'uplift.cmd.v1.instance.report-health',
        'uplift.cmd.v1.instance.unclaim',
        'uplift.cmd.v1.instance.unpark',
        'uplift.cmd.v1.instance.update',
        'uplift.cmd.v1.system.accept-store',
        'uplift.cmd.v1.system.allow-starts',
        'uplift.cmd.v1.system.close-finding',
        'uplift.cmd.v1.system.stop-starts',
        'uplift.cmd.v1.upgrade.abandon',
        'uplift.cmd.v1.upgrade.cancel',
        'uplift.cmd.v1.upgrade.prioritize',
        'uplift.cmd.v1.upgrade.redrive',
        'uplift.cmd.v1.upgrade.resolve',
        'uplift.cmd.v1.upgrade.retry',
        'uplift.cmd.v1.upgrade.rollback',
        'uplift.cmd.v1.upgrade.trigger',
        'uplift.cmd.v1.webhook.create',
        'uplift.cmd.v1.webhook.delete',
        'uplift.cmd.v1.webhook.deliveries',
        'uplift.cmd.v1.webhook.list',
        'uplift.cmd.v1.webhook.replay',
        'uplift.cmd.v1.webhook.rotate-secret',
        'uplift.cmd.v1.webhook.test',
      ]);
      expect(endpoints.every(({ metadata }) => 'schema' in metadata)).toBe(true);
    });
  });
}
