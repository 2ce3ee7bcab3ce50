import { readFileSync } from 'node:fs';
import type { BusConnection } from '@uplift/bus';
import { connectBus } from '@uplift/bus';
import type { EmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import { startEmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import type { ManagedProcess } from '../../../tools/stack/src';
import { Stack } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';
import { SlowLine } from '../../support/slow-line';
import { accepted, CommandLoad, overloaded, within } from './command-load';

/** A command asks the store twice or more: ten a second can be done at most, however fast the machine is. */
const SETTINGS = { UPLIFT_COMMANDS_UNDER_WAY: '1', UPLIFT_COMMANDS_QUEUED: '2' };
const LINE_DELAY_MS = 25;
const NORMAL = 2;
const TEN_TIMES = 100;
/** The one under way, two in the queue, and answers that cross a request. */
const A_FEW = 10;

export function overloadSuite(): void {
  describe('a command API under more load than it can bear', () => {
    let store: EmbeddedEventStore;
    let line: SlowLine;
    let stack: Stack;
    let api: ManagedProcess;
    let bus: BusConnection;
    let load: CommandLoad;

    beforeAll(async () => {
      store = await startEmbeddedEventStore();
      line = await SlowLine.open(store.port, LINE_DELAY_MS);
      stack = await Stack.start({ infrastructure: ['nats'], services: [] });
      const UPLIFT_EVENTSTORE_URL = `esdb://127.0.0.1:${line.port}?tls=false`;
      const settings = { ...SETTINGS, UPLIFT_EVENTSTORE_URL };
      api = await stack.startService('command-api', 'command-api', settings);
      bus = await connectBus({ servers: stack.url('nats'), name: 'load' });
      load = new CommandLoad(stack.apiUrl, bus);
    });

    afterAll(async () => {
      await bus?.close();
      await stack?.stop();
      await line?.close();
      await store?.close();
    });

    const ready = async () => {
      const response = await fetch(`http://127.0.0.1:${api.port('health')}/health/ready`);
      const page = (await response.json()) as { readonly degraded?: Record<string, string> };
      return { status: response.status, degraded: page.degraded?.commands };
    };

    const degraded = async () => {
      const page = await ready();
      expect(page.degraded).toBeDefined();
      return page;
    };

    const metric = async (name: string) => {
      const page = await fetch(`http://127.0.0.1:${api.port('health')}/metrics`);
      const lines = (await page.text()).split('\n');
      return Number(lines.find((text) => text.startsWith(`${name} `))?.split(' ')[1]);
    };

    it('lets nobody wait behind more than a few, and refuses the rest at once, at ten times the load', async () => {
      await load.run(NORMAL, 3);
      // The load before this one may have been refused one too.
      const refusedBefore = await metric('uplift_commands_overloaded_total');
      const loading = load.run(TEN_TIMES, 5);
      const during = await Promise.race([loading, eventually(degraded)]);
      const answers = await loading;
      const refused = overloaded(answers);
      expect(accepted(answers).length + refused.length).toBe(answers.length);
      expect(accepted(answers).length).toBeGreaterThanOrEqual(NORMAL);
      // How long that takes says command-limiter.unit.spec.ts, on a clock of its own.
      for (const { acceptedMeanwhile } of answers) {
        expect(acceptedMeanwhile).toBeLessThanOrEqual(A_FEW);
      }
      expect(within(0.5, refused)).toBeLessThan(50);
      expect(new Set(refused.map(({ retryAfter }) => retryAfter))).toEqual(new Set(['1']));
      expect(during).toEqual({
        status: 200,
        degraded: expect.stringContaining('overloaded') as string,
      });
      const refusals = (await metric('uplift_commands_overloaded_total')) - refusedBefore;
      expect(refusals).toBe(refused.length);
      expect(readFileSync(api.logFile, 'utf8')).toContain(
        '"msg":"overloaded: commands are refused"',
      );
    });

    it('is as before a minute after the load', async () => {
      await eventually(async () => expect((await ready()).degraded).toBeUndefined(), 60_000);
      const answers = await load.run(NORMAL, 3);
      expect(accepted(answers)).toHaveLength(answers.length);
      expect(within(0.99, answers)).toBeLessThan(1_000);
      expect(await metric('uplift_commands_under_way')).toBe(0);
      expect(await metric('uplift_commands_queued')).toBe(0);
    });

    it('refuses at once while the store stands still, and goes on when it comes back', async () => {
      const refusedBefore = await metric('uplift_commands_overloaded_total');
      store.faults.hang();
      void load.run(10, 1);
      // All but the one that is under way: nobody waits in the queue any more.
      await eventually(async () => {
        const refusals = (await metric('uplift_commands_overloaded_total')) - refusedBefore;
        expect(refusals).toBe(9);
      });
      const answers = await load.run(20, 1);
      expect(overloaded(answers)).toHaveLength(answers.length);
      expect(within(0.5, answers)).toBeLessThan(50);
      store.faults.wake();
      await eventually(async () => {
        const later = await load.run(NORMAL, 1);
        expect(accepted(later)).toHaveLength(later.length);
      });
    });
  });
}
