import { randomUUID } from 'node:crypto';
import type { EventStore } from '@uplift/event-store';
import { InstanceHistory, NO_STREAM } from '@uplift/event-store';
import { decide, evolve, INITIAL_STATE } from '@uplift/domain';
import { eachOf } from './each-of';
import { historyCommands } from './history-commands';

/** Instances whose histories grow at the same time, and so lie mixed in `$all`. */
const IN_FLIGHT = 250;
const EVENTS_PER_INSTANCE = 14;
const ONE_DAY_MS = 86_400_000;
const ACTOR = { type: 'system', id: 'bench' } as const;

/** Writes whole upgrades, each decision its own append, until there are at least so many events. Returns how many. */
export async function prefill(store: EventStore, atLeast: number): Promise<number> {
  const history = new InstanceHistory(store, 'bench');
  const count = Math.ceil(atLeast / EVENTS_PER_INSTANCE);
  let written = 0;
  await eachOf(Array<undefined>(count).keys(), IN_FLIGHT, async (n) => {
    const events = await writeHistory(history, `bench-${n}`);
    written += events;
  });
  return written;
}

async function writeHistory(history: InstanceHistory, project: string): Promise<number> {
  const [instanceId, upgradeId] = [randomUUID(), randomUUID()];
  const deadlineAt = new Date(Date.now() + ONE_DAY_MS).toISOString();
  let [head, state, written] = [NO_STREAM, INITIAL_STATE, 0];
  for (const command of historyCommands({ project, upgradeId, deadlineAt })) {
    const events = decide(command, state);
    const cause = { causationId: randomUUID(), correlationId: upgradeId, actor: ACTOR };
    ({ head } = await history.append(instanceId, head, events, { ...cause, step: command.type }));
    state = events.reduce(evolve, state);
    written += events.length;
  }
  return written;
}
