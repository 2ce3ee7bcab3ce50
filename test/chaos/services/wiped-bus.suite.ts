import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CONSUMERS } from '@uplift/bus';
import { readWholeBus, undone } from '../../support/bus-reader';
import { eventually } from '../../support/eventually';
import { ENDLESS_BUILD, idsOf, makeFleet } from '../../support/fleet';
import {
  expectAcknowledgedOnce,
  expectBusIsStore,
  expectSoundAudit,
  expectUpgradedOnce,
} from '../../support/run-checks';
import type { RunningUplift } from '../../support/running-uplift';
import { SIZES } from '../../support/sizes';
import { acknowledged } from '../../support/uplift-client';

const MANY = SIZES.killedFleet;
const HALF = MANY / 2;

export function wipedBusSuite(running: () => RunningUplift): void {
  describe('a bus that loses everything', () => {
    let uplift: RunningUplift;

    beforeEach(async () => {
      uplift = running();
      await uplift.lagoon.clearLedger();
    });

    const wipe = async () => {
      const nats = uplift.stack.part('nats');
      await nats.stop();
      await rm(join(uplift.stack.dir, 'nats/jetstream'), { recursive: true });
      return () => nats.restart();
    };

    /** Refilled, and every message of it worked through; only builds in flight are still held. */
    const settled = (held: number) =>
      eventually(async () => {
        expect(await uplift.bus.lastSequence()).toBeGreaterThanOrEqual(uplift.log.events.length);
        const left = await Promise.all(
          CONSUMERS.map(async ({ durable }) => [durable, await undone(uplift.bus, durable)]),
        );
        expect(Object.fromEntries(left)).toEqual(
          Object.fromEntries(
            CONSUMERS.map(({ durable }) => [durable, durable === 'poll-upgrade' ? held : 0]),
          ),
        );
      });

    const mutations = async () => {
      const { requests } = await uplift.lagoon.ledger();
      return [requests['mutation DeployLatest'] ?? 0, requests['mutation AddTask'] ?? 0];
    };

    /** Of Lagoon and of the apps, whatever for; whether Lagoon is there is asked at any time. */
    const asked = async () => {
      const { requests, healthProbes } = await uplift.lagoon.ledger();
      const { 'query Ping': _pings, ...others } = requests;
      return { others, healthProbes };
    };

    it('is filled from the store again, while finished upgrades stay as they are and the others go on', async () => {
      const { client, lagoon, log } = uplift;
      const finished = makeFleet(HALF);
      await uplift.place(finished);
      const first = await client.triggerAll(finished);
      await uplift.ended(first);
      const building = makeFleet(HALF).map((instance) => ({
        ...instance,
        buildSeconds: ENDLESS_BUILD,
      }));
      await uplift.place(building);
      const early = await client.triggerAll(building.slice(0, HALF / 2));
      await log.until(
        () => log.inFlight(idsOf(building)).length === HALF / 2,
        () => 'upgrades in flight',
      );
      const historyOf = () => finished.map(({ instanceId }) => log.typesOf(instanceId));
      const before = historyOf();

      const bringBack = await wipe();
      const late = building
        .slice(HALF / 2)
        .map((i) => acknowledged(() => client.trigger(i, 'http')));
      const second = [...early, ...(await Promise.all(late))];
      await bringBack();
      await uplift.reached('DeploymentAccepted', idsOf(building));
      await settled(HALF);
      expect(historyOf()).toEqual(before);
      expect(await mutations()).toEqual([2 * HALF, 3 * HALF]);

      await lagoon.advance(2 * ENDLESS_BUILD);
      await uplift.ended(second);
      const fleet = [...finished, ...building];
      expectAcknowledgedOnce(uplift, fleet, [...first, ...second]);
      await expectUpgradedOnce(uplift, fleet, [...first, ...second]);
      expect(await mutations()).toEqual([2 * HALF, 4 * HALF]);
      await expectBusIsStore(uplift);
    });

    it('costs no event, no request to Lagoon and none to an app when nothing is in flight', async () => {
      const fleet = makeFleet(MANY);
      await uplift.place(fleet);
      await uplift.ended(await uplift.client.triggerAll(fleet));
      const events = uplift.log.events.length;
      const before = await asked();
      const epoch = await epochOf(uplift);
      const bringBack = await wipe();
      await bringBack();
      await settled(0);
      const onBus = await expectBusIsStore(uplift);
      expect(onBus).toHaveLength(events);
      expect(await epochOf(uplift)).not.toBe(epoch);
      expect(await asked()).toEqual(before);
      await expectSoundAudit(uplift);
    });
  });
}

/** Tells one filling of the bus from another. */
async function epochOf({ bus }: RunningUplift): Promise<string | undefined> {
  const [first] = await readWholeBus(bus);
  return first?.proof.epoch;
}
