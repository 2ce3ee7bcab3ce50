import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceDocument, UpgradeDocument } from '@uplift/contracts';
import { EsdbEventStore } from '@uplift/event-store';
import { readWholeBus } from '../support/bus-reader';
import { eventually } from '../support/eventually';
import type { FleetInstance } from '../support/fleet';
import { idsOf, makeFleet } from '../support/fleet';
import type { RunningUplift } from '../support/running-uplift';
import { upliftForAll } from '../support/running-uplift';
import type { Accepted } from '../support/uplift-client';
import { acknowledged } from '../support/uplift-client';

/** It remembers the whole store, and ends when it is another one. */
const REMEMBERING = ['watchdog'] as const;

interface HealthPage {
  readonly status: string;
  readonly degraded?: Readonly<Record<string, string>>;
}

describe('a store that is put back to an older copy', () => {
  const running = upliftForAll({ clockSpeed: 240 });
  const kept = makeFleet(4);
  const lost = makeFleet(4);
  /** Upgraded, and its upgrade is in the copy; the next one of it is lost. */
  const [upgradedTwice] = kept as [FleetInstance];
  let uplift: RunningUplift;
  let sequence: number;

  beforeAll(async () => {
    uplift = running();
    await uplift.place(kept);
    await uplift.ended(await uplift.client.triggerAll(kept));
    await uplift.readModelCaughtUp();
    await whileStoreIsAway(() => cp(files(), copy(), { recursive: true }));
    await uplift.place(lost);
    const again = acknowledged(() => uplift.client.trigger(upgradedTwice, 'http', 'again'));
    await uplift.ended([...(await uplift.client.triggerAll(lost)), await again]);
    await uplift.readModelCaughtUp();
    sequence = await uplift.bus.lastSequence();
    await whileStoreIsAway(async () => {
      await rm(files(), { recursive: true });
      await cp(copy(), files(), { recursive: true });
    });
    await beginAnew();
  });

  /** As whoever supervises it does. */
  const beginAnew = () =>
    Promise.all(
      REMEMBERING.map(async (name) => {
        const service = uplift.stack.service(name);
        await service.exited;
        await service.restart();
      }),
    );
  const files = () => join(uplift.stack.dir, 'eventstore');
  const copy = () => join(uplift.stack.dir, 'copy-of-eventstore');

  async function whileStoreIsAway(work: () => Promise<void>): Promise<void> {
    const store = uplift.stack.part('eventstore');
    await store.stop();
    await work();
    await store.restart();
  }

  const health = async (service: string) => {
    const port = uplift.stack.service(service).port('health');
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
    return { status: response.status, page: (await response.json()) as HealthPage };
  };
  const instances = () =>
    uplift.client.get<{
      readonly items: readonly InstanceDocument[];
      readonly asOf: { readonly reason?: string };
    }>('/v1/instances?limit=100');
  const upgradeEnded = ({ upgradeId }: Accepted) =>
    eventually(async () => {
      const { upgrade } = await uplift.client.get<{ upgrade: UpgradeDocument }>(
        `/v1/upgrades/${upgradeId}`,
      );
      expect(upgrade).toMatchObject({ outcome: 'succeeded' });
    });

  it('takes no command until an operator has decided, and says why', async () => {
    await eventually(async () => {
      const { status, page } = await health('command-api');
      expect({ status, page }).toMatchObject({ status: 200, page: { status: 'ok' } });
      expect(page.degraded?.store).toContain('accept-store');
    });
    const refusal = { problem: { code: 'store-diverged', status: 503 } };
    const { client } = uplift;
    for (const transport of ['http', 'bus'] as const) {
      await eventually(async () => {
        const asked = client.trigger(upgradedTwice, transport, 'refused');
        await expect(asked).rejects.toMatchObject(refusal);
      });
    }
    await eventually(async () => {
      expect(JSON.stringify((await health('relay')).page)).toContain('DIVERGED');
    });
  });

  it('shows what was known, with the reason why it goes no further', async () => {
    await eventually(async () => {
      const { asOf, items } = await instances();
      expect(asOf.reason).toBe('store-diverged');
      expect(items).toHaveLength(8);
    });
  });

  it('begins anew when an operator accepts the store: bus, read model and upgrades', async () => {
    const { code, stderr } = await uplift.cli(
      'system',
      'accept-store',
      '--reason',
      'Copy of Sunday',
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    await eventually(async () => {
      const { asOf, items } = await instances();
      expect(asOf.reason).toBeUndefined();
      expect(items.map(({ instanceId }) => instanceId).sort()).toEqual([...idsOf(kept)].sort());
    });
    const first = kept
      .slice(1)
      .map((each) => acknowledged(() => uplift.client.trigger(each, 'http', 'after')));
    await Promise.all((await Promise.all(first)).map(upgradeEnded));
    expect((await health('command-api')).page.degraded?.store).toBeUndefined();
  });

  it('builds nothing again for upgrades that were lost and are asked for again under their keys', async () => {
    const { client, lagoon } = uplift;
    await acknowledged(() => client.registerAll(lost));
    const again = acknowledged(() => client.trigger(upgradedTwice, 'http', 'again'));
    const upgrades = [...(await acknowledged(() => client.triggerAll(lost))), await again];
    await Promise.all(upgrades.map(upgradeEnded));
    const markers = upgrades.map(({ upgradeId }) => `uplift-${upgradeId}-1`);
    expect(await lagoon.notBuiltOnce(markers)).toEqual([]);
  });

  it('has every event of the accepted store on the bus, in one new epoch behind the old one', async () => {
    const stored = await everything(uplift.stack.url('eventstore'));
    await eventually(async () => {
      const refilled = (await readWholeBus(uplift.bus)).slice(sequence);
      expect(refilled.map(({ event: { id } }) => id)).toEqual(stored);
      expect(refilled.map(({ proof: { ordinal } }) => ordinal)).toEqual(
        stored.map((_, n) => n + 1),
      );
      expect(new Set(refilled.map(({ proof: { epoch } }) => epoch)).size).toBe(1);
    });
  });

  it('leaves histories that an auditor finds sound', async () => {
    const { code, stdout } = await uplift.cli('--output', 'json', 'audit', 'verify');
    expect(JSON.parse(stdout)).toMatchObject({ faults: [], differences: [], isSound: true });
    expect(code).toBe(0);
  });
});

/** Ids of all events of a store, in its order. */
async function everything(connectionString: string): Promise<string[]> {
  const store = new EsdbEventStore({ connectionString });
  const ids: string[] = [];
  for await (const { events, caughtUp } of store.subscribeToAll()) {
    ids.push(...events.map(({ id }) => id));
    if (caughtUp) break;
  }
  await store.close();
  return ids;
}
