import type { BusConnection, MessageOnBus, ServerSettings } from '@uplift/bus';
import { InMemoryBus, InMemoryBusConnection } from '@uplift/bus/testing';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import type { FillableBus } from './bus-under-test';

/** The twin, with a clock that runs as fast as it can. */
export class VirtualBus implements FillableBus {
  readonly clock = new VirtualClock();
  readonly randomness = new SeededRandomness(1);
  private readonly bus = new InMemoryBus({ clock: this.clock, randomness: this.randomness });
  private isClosed = false;

  static start(): Promise<VirtualBus> {
    const bus = new VirtualBus();
    void bus.passTime();
    return Promise.resolve(bus);
  }

  connect(name: string): Promise<BusConnection> {
    return Promise.resolve(new InMemoryBusConnection(this.bus, name));
  }

  vanish(connection: BusConnection): Promise<void> {
    if (connection instanceof InMemoryBusConnection) connection.vanish();
    return Promise.resolve();
  }

  undone(durable: string): Promise<number> {
    return Promise.resolve(this.bus.undone(durable));
  }

  read(count: number): Promise<MessageOnBus[]> {
    const found = Array.from({ length: count }, (_, n) => this.bus.messageAt(n + 1));
    return Promise.resolve(found.filter((message) => message !== null));
  }

  configure(name: string, settings: ServerSettings): Promise<void> {
    this.bus.configure(name, settings);
    return Promise.resolve();
  }

  /** A real server has no such thing: messages are gone there when a block of its disk is. */
  remove(sequence: number): void {
    this.bus.remove(sequence);
  }

  /** Somebody with the right to do so deletes the stream: nobody loses a connection. */
  deleteStream(): void {
    this.bus.deleteStream();
  }

  kill(): Promise<void> {
    this.bus.stop();
    return Promise.resolve();
  }

  start(): Promise<void> {
    this.bus.start();
    return Promise.resolve();
  }

  wipe(): Promise<void> {
    this.bus.wipe();
    return Promise.resolve();
  }

  backUp(): Promise<() => Promise<void>> {
    const restore = this.bus.backUp();
    return Promise.resolve(() => Promise.resolve(restore()));
  }

  isReadWithoutRoom(): Promise<boolean> {
    return Promise.resolve(true);
  }

  fillDisk(): Promise<void> {
    this.bus.fillDisk();
    return Promise.resolve();
  }

  makeRoom(): Promise<void> {
    this.bus.makeRoom();
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  private async passTime(): Promise<void> {
    while (!this.isClosed) {
      const { clock } = this;
      await clock.advance(Math.max(0, (clock.nextAt ?? 0) - clock.monotonic()));
    }
  }
}
