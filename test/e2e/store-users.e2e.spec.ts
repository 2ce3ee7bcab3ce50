import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STORE_USERS } from '@uplift/event-store';
import type { EmbeddedEventStore } from '../../tools/embedded-eventstore/src';
import {
  asAdministrator,
  startSecuredStore,
} from '../../tools/embedded-eventstore/test/secured-store';
import { SERVICE_NAMES } from '../../tools/stack/src';
import { makeFleet } from '../support/fleet';
import { expectSoundAudit, expectUpgradedOnce } from '../support/run-checks';
import { RunningUplift, runUplift } from '../support/running-uplift';

function userOf(service: string): string {
  if (service === 'command-api') return 'api';
  return service in STORE_USERS ? service : `worker-${service}`;
}

describe('Uplift on a store with TLS, each service as the user that `uplift store setup` has made', () => {
  let folder: string;
  let store: EmbeddedEventStore;
  let uplift: RunningUplift | undefined;

  const urlOf = (user: string) => readFileSync(join(folder, `${user}.url`), 'utf8').trim();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'uplift-store-users-'));
    store = await startSecuredStore({ allowDeletes: false });
    const settings = { UPLIFT_EVENTSTORE_ADMIN_URL: asAdministrator(store) };
    const { code, stderr } = await runUplift(settings, 'store', 'setup', '--out', folder);
    expect([code, stderr]).toEqual([0, '']);
    const addresses = SERVICE_NAMES.map((service) => {
      return [service, { UPLIFT_EVENTSTORE_URL: urlOf(userOf(service)) }] as const;
    });
    uplift = await RunningUplift.start({
      clockSpeed: 480,
      store: urlOf('auditor'),
      serviceEnv: Object.fromEntries(addresses),
    });
  });

  afterAll(async () => {
    await uplift?.stop();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it('upgrades a fleet, and lacks no right', async () => {
    const running = uplift!;
    const fleet = makeFleet(5);
    await running.place(fleet);
    const accepted = await running.client.triggerAll(fleet);
    await running.ended(accepted);
    await expectUpgradedOnce(running, fleet, accepted);
    await expectSoundAudit(running);
    for (const service of running.stack.runningServices) {
      const page = await fetch(`http://127.0.0.1:${service.port('health')}/health/ready`);
      expect([service.name, await page.json()]).toEqual([
        service.name,
        expect.objectContaining({ status: 'ok', reasons: {} }),
      ]);
      expect(readFileSync(service.logFile, 'utf8')).not.toContain('denies the connection');
    }
  });
});
