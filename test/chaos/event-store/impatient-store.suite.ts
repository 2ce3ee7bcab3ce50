import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EsdbEventStore } from '@uplift/event-store';
import type { ManagedProcess } from '../../../tools/stack/src';
import {
  startEmbeddedEventStore,
  type EmbeddedEventStore,
} from '../../../tools/embedded-eventstore/src';
import { eventually } from '../../support/eventually';
import type { FleetInstance } from '../../support/fleet';
import { makeFleet } from '../../support/fleet';
import { expectBusIsStore, expectSoundAudit, expectUpgradedOnce } from '../../support/run-checks';
import type { RunningUplift } from '../../support/running-uplift';
import { SIZES } from '../../support/sizes';
import type { Accepted } from '../../support/uplift-client';
import { acknowledged } from '../../support/uplift-client';

const RESUBSCRIBED = /uplift_event_store_resubscribed_total\{reason="lagging"\} (\d+)/;
const UNDER_WAY = /^uplift_commands_under_way (\d+)/m;
const GROUP = 16;
/** As long as somebody may be let wait once the store answers again. */
const BACK_WITHIN_MS = 5_000;

async function metric(service: ManagedProcess, line: RegExp): Promise<number> {
  const page = await fetch(`http://127.0.0.1:${service.port('health')}/metrics`);
  return Number(line.exec(await page.text())?.[1] ?? 0);
}

/** Asks as a service does, until it was left without an answer by a second connection too. */
async function twoRoundsInVain({ stack }: RunningUplift): Promise<void> {
  const store = new EsdbEventStore({ connectionString: stack.url('eventstore') });
  const asked = store.lastPosition().catch(() => null);
  await eventually(() => expect(store.counters.interruptions).toBeGreaterThan(1));
  await store.close();
  await asked;
}

/** Fewer at once than the command API takes: its refusals of overload are not what is looked for here. */
function inGroups(fleet: readonly FleetInstance[]): (readonly FleetInstance[])[] {
  const groups = Math.ceil(fleet.length / GROUP);
  return Array.from({ length: groups }, (_, n) => fleet.slice(n * GROUP, (n + 1) * GROUP));
}

async function warnings({ stack }: RunningUplift): Promise<string[]> {
  const folder = join(stack.dir, 'logs');
  const files = await readdir(folder);
  const logs = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const lines = logs.join('\n').split('\n');
  return lines.filter((line) => /"level":"(warn|error|fatal)"/.test(line));
}

/** The store of this Uplift throws every reader out each second. */
export function impatientStoreSuite(running: () => RunningUplift): void {
  describe('a store that throws every reader out each second', () => {
    it('loses nothing of a fleet, and is nothing to warn of', async () => {
      const uplift = running();
      const ofTheStart = await warnings(uplift);
      const fleet = makeFleet(SIZES.readersThrownOut);
      const accepted: Accepted[] = [];
      for (const group of inGroups(fleet)) await uplift.place(group);
      for (const group of inGroups(fleet)) {
        accepted.push(...(await uplift.client.triggerAll(group)));
      }
      await uplift.ended(accepted);

      await expectUpgradedOnce(uplift, fleet, accepted);
      await expectBusIsStore(uplift);
      await expectSoundAudit(uplift);
      const readers = ['relay', 'projector', 'command-api', 'watchdog'] as const;
      await eventually(async () => {
        const counts = await Promise.all(
          readers.map((name) => metric(uplift.stack.service(name), RESUBSCRIBED)),
        );
        expect(counts.filter((count) => count < 2)).toEqual([]);
      });
      expect(await warnings(uplift)).toEqual(ofTheStart);
    });
  });

  describe('a store that hangs', () => {
    it('is appended to again by everybody within seconds of its waking', async () => {
      const uplift = running();
      const fleet = makeFleet(10);
      await uplift.place(fleet);
      const store = uplift.stack.part('eventstore') as ManagedProcess;
      const api = uplift.stack.service('command-api');
      store.signal('SIGSTOP');
      const trigger = (each: FleetInstance) =>
        acknowledged(() => uplift.client.trigger(each, 'bus'));
      const triggering = Promise.all(fleet.map(trigger));
      await eventually(async () =>
        expect(await metric(api, UNDER_WAY)).toBeGreaterThanOrEqual(fleet.length),
      );
      await twoRoundsInVain(uplift);
      store.signal('SIGCONT');
      const wokenAt = performance.now();
      const accepted = await triggering;
      expect(performance.now() - wokenAt).toBeLessThan(BACK_WITHIN_MS);
      await uplift.ended(accepted);
      await expectUpgradedOnce(uplift, fleet, accepted);
      await expectBusIsStore(uplift);
      await expectSoundAudit(uplift);
    });
  });

  describe('a store that refuses its user', () => {
    it('ends a process that starts, with one line that names user, rights and command', async () => {
      const uplift = running();
      const refusing = await startEmbeddedEventStore();
      refusing.faults.denial = 'access-denied';
      const told = await startRelay(uplift, refusing).then(endOf, (error: Error) => error.message);
      expect(told).toContain('exit code 77');
      expect(told).toMatch(
        /denies the connection as user uplift-relay the right to read streams and to read \$all; `uplift store setup` grants it/,
      );
      expect(told).not.toContain('hidden');
      await refusing.close();
    });

    it('makes a process that works unready, with the same words, until it is granted again', async () => {
      const uplift = running();
      const refusing = await startEmbeddedEventStore();
      const relay = await startRelay(uplift, refusing);
      const reasons = () => reasonsOf(relay);
      await eventually(async () =>
        expect(await reasons()).not.toHaveProperty('event-store rights'),
      );
      refusing.faults.denial = 'access-denied';
      refusing.faults.throwOutReaders();
      await eventually(async () =>
        expect(await reasons()).toHaveProperty(
          'event-store rights',
          expect.stringContaining('`uplift store setup` grants it'),
        ),
      );
      refusing.faults.denial = undefined;
      await eventually(async () =>
        expect(await reasons()).not.toHaveProperty('event-store rights'),
      );
      await relay.kill();
      await refusing.close();
    });
  });
}

/** Where it was ready before it ended. */
async function endOf(service: ManagedProcess): Promise<string> {
  const { code } = await service.exited;
  return `exit code ${code}: ${readFileSync(service.logFile, 'utf8')}`;
}

async function reasonsOf(service: ManagedProcess): Promise<Readonly<Record<string, string>>> {
  const page = await fetch(`http://127.0.0.1:${service.port('health')}/health/ready`);
  return ((await page.json()) as { reasons: Record<string, string> }).reasons;
}

/** Beside the relay of the stack, on a store of its own. */
function startRelay(uplift: RunningUplift, store: EmbeddedEventStore): Promise<ManagedProcess> {
  const url = store.connectionString.replace('esdb://', 'esdb://uplift-relay:hidden@');
  return uplift.stack.startService('relay', 'refused-relay', { UPLIFT_EVENTSTORE_URL: url });
}
