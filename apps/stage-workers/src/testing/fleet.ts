import type { InstanceEvent, InstanceEventType, WorkOrder } from '@uplift/domain';
import type { TailCheckpoints } from '@uplift/event-store';
import { AllTail, CommandHandler, InstanceHistory } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import type { Clock } from '@uplift/runtime';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { exampleUpgrade, ORDER } from './example-upgrade';
import { SkewedClock } from './fast.clock';

const START = Date.parse('2026-01-05T00:00:00.000Z');

interface Member {
  readonly events: readonly InstanceEvent[];
  next: number;
}

/** Many instances in one store whose clock stands still until it is told otherwise. */
export class Fleet {
  readonly clock = new VirtualClock(START);
  /** The store's own clock. */
  readonly storeClock = new SkewedClock(this.clock, 0);
  readonly store = new InMemoryEventStore({ clock: this.storeClock });
  readonly history = new InstanceHistory(this.store, 'stage-workers');
  private readonly randomness = new SeededRandomness(1);
  private readonly members = new Map<string, Member>();

  /** What a process reads of the store, in its own time. */
  tail(clock: Clock = this.clock, checkpoints?: TailCheckpoints): AllTail {
    const { randomness } = this;
    const onBreak = (error: unknown) => expect(error).toBeUndefined();
    return new AllTail(this.store, {
      ...{ clock, randomness, onBreak },
      ...(checkpoints && { checkpoints }),
    });
  }

  /** How a process changes instances. */
  commands(history = this.history): CommandHandler {
    const { clock, randomness } = this;
    return new CommandHandler(history, { clock, randomness });
  }

  /** A new instance, just after an event of the example upgrade. */
  async join(at: InstanceEventType, changes: Partial<WorkOrder> = {}): Promise<string> {
    const instanceId = this.randomness.uuid();
    const order = { ...ORDER, upgradeId: this.randomness.uuid(), ...changes };
    const located = { projectId: 1, environmentId: 2, route: null };
    const events = exampleUpgrade({ order, located, buildName: 'lagoon-build-1' });
    this.members.set(instanceId, { events, next: 0 });
    await this.goOn(instanceId, at);
    return instanceId;
  }

  joinMany(count: number, at: InstanceEventType): Promise<string[]> {
    return Promise.all(Array.from({ length: count }, () => this.join(at)));
  }

  /** The example upgrade goes on up to its next event of a type, in one append. */
  async goOn(instanceId: string, type: InstanceEventType, worker = 'w'): Promise<void> {
    const member = this.memberOf(instanceId);
    const end = member.events.findIndex((event, n) => n >= member.next && event.type === type) + 1;
    const events = member.events.slice(member.next, end).map((event) => by(worker, event));
    member.next = end;
    await this.append(instanceId, ...events);
  }

  /** Appends as a worker would. */
  async append(instanceId: string, ...events: InstanceEvent[]): Promise<void> {
    const { head } = await this.history.load(instanceId);
    await this.history.append(instanceId, head, events, {
      causationId: this.randomness.uuid(),
      step: 'given',
      correlationId: instanceId,
      actor: { type: 'system', id: 'stage-workers/w' },
    });
  }

  async types(instanceId: string): Promise<string[]> {
    const { events } = await this.history.load(instanceId);
    return events.map(({ type }) => type);
  }

  private memberOf(instanceId: string): Member {
    const member = this.members.get(instanceId);
    if (member === undefined) throw new TypeError(`${instanceId} is not of this fleet`);
    return member;
  }
}

function by(worker: string, event: InstanceEvent): InstanceEvent {
  if (!('worker' in event.data)) return event;
  return { ...event, data: { ...event.data, worker } } as InstanceEvent;
}

/** Lets everything run that waits for nothing but its turn. */
export async function settled(turns = 20): Promise<void> {
  for (let n = 0; n < turns; n++) await new Promise(setImmediate);
}
