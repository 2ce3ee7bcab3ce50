import type { CancelTimer, Clock } from '@uplift/runtime';
import type { AckAction } from '../ack-policy';
import type { ConsumerState, MessageOnBus, PullRequest } from '../bus-connection.port';
import type { ServerSettings } from '../bus-topology';

/** How the server talks to the owner of a pull. */
export interface PullOwner {
  deliver(message: MessageOnBus, deliveryCount: number): void;
  heartbeat(): void;
  expire(): void;
}

interface OpenPull {
  readonly owner: PullOwner;
  credit: number;
  bytes: number;
  readonly timers: CancelTimer[];
}

interface Held {
  deliveries: number;
  cancel: CancelTimer;
}

/** One durable consumer: the oldest pull is served first, messages that come again before new ones. */
export class InMemoryConsumer {
  private readonly pulls = new Set<OpenPull>();
  private readonly held = new Map<number, Held>();
  private readonly due = new Set<number>();
  private looked = 0;
  private activeAt: number | null = null;

  constructor(
    public settings: ServerSettings,
    private readonly messages: readonly MessageOnBus[],
    private readonly clock: Clock,
  ) {}

  private get ackWaitMs(): number {
    return Number(this.settings.ack_wait) / 1_000_000;
  }

  /** Messages that are still to be handed out, or in somebody's hands. */
  get undone(): number {
    const rest = this.messages.slice(this.looked).filter((message) => this.wants(message));
    return rest.length + this.held.size;
  }

  get state(): ConsumerState {
    const { held, activeAt } = this;
    return {
      undelivered: this.undone - held.size,
      inHand: held.size,
      pulls: this.pulls.size,
      idleMs: activeAt === null ? null : this.clock.monotonic() - activeAt,
    };
  }

  /** Returns the function with which the server forgets the pull. */
  open({ batch, maxBytes, ...times }: PullRequest, owner: PullOwner): () => void {
    const { expiresMs, heartbeatMs } = times;
    const pull: OpenPull = { owner, credit: batch, bytes: maxBytes, timers: [] };
    pull.timers.push(
      this.clock.every(heartbeatMs, () => owner.heartbeat()),
      this.clock.after(expiresMs, () => {
        this.forget(pull);
        owner.expire();
      }),
    );
    this.pulls.add(pull);
    this.serve();
    return () => this.forget(pull);
  }

  keep(sequence: number): void {
    const held = this.held.get(sequence);
    if (!held || this.due.has(sequence)) return;
    held.cancel();
    held.cancel = this.dueAfter(this.ackWaitMs, sequence);
  }

  settle(sequence: number, action: AckAction): void {
    const held = this.held.get(sequence);
    if (!held) return;
    held.cancel();
    this.due.delete(sequence);
    if (action.kind === 'nak') held.cancel = this.dueAfter(action.delayMs, sequence);
    else this.held.delete(sequence);
    this.activeAt = this.clock.monotonic();
    this.serve();
  }

  serve(): void {
    for (const pull of this.pulls) {
      let message: MessageOnBus | undefined;
      while (pull.credit > 0 && (message = this.next())) this.offer(pull, message);
      if (pull.credit > 0) return;
      this.forget(pull);
    }
  }

  /** The consumer is gone, and tells nobody. */
  end(): void {
    this.pulls.forEach((pull) => this.forget(pull));
    this.held.forEach(({ cancel }) => cancel());
    this.held.clear();
  }

  /** A pull has no room for what is larger than its rest: that ends it, and the next one gets the message. */
  private offer(pull: OpenPull, message: MessageOnBus): void {
    if (message.payload.byteLength <= pull.bytes) return this.deliver(pull, message);
    this.due.add(message.sequence);
    pull.credit = 0;
    pull.owner.expire();
  }

  private deliver(pull: OpenPull, message: MessageOnBus): void {
    const { sequence } = message;
    const deliveries = (this.held.get(sequence)?.deliveries ?? 0) + 1;
    const cancel = this.dueAfter(this.ackWaitMs, sequence);
    this.held.set(sequence, { deliveries, cancel });
    pull.credit -= 1;
    pull.bytes -= message.payload.byteLength;
    this.activeAt = this.clock.monotonic();
    pull.owner.deliver(message, deliveries);
  }

  private next(): MessageOnBus | undefined {
    const [again] = this.due;
    if (again !== undefined) {
      this.due.delete(again);
      return this.messages[again - 1];
    }
    if (this.held.size >= Number(this.settings.max_ack_pending)) return undefined;
    while (this.looked < this.messages.length) {
      const message = this.messages[this.looked++];
      if (message && this.wants(message)) return message;
    }
    return undefined;
  }

  private wants({ subject }: MessageOnBus): boolean {
    const filter = String(this.settings.filter_subject);
    if (filter.endsWith('.>')) return subject.startsWith(filter.slice(0, -1));
    const tokens = subject.split('.');
    const wanted = filter.split('.');
    return (
      tokens.length === wanted.length &&
      wanted.every((token, n) => token === '*' || token === tokens[n])
    );
  }

  private dueAfter(ms: number, sequence: number): CancelTimer {
    return this.clock.after(ms, () => {
      this.due.add(sequence);
      this.serve();
    });
  }

  private forget(pull: OpenPull): void {
    this.pulls.delete(pull);
    pull.timers.forEach((cancel) => cancel());
  }
}
