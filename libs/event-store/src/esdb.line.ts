import type { StreamingRead } from '@eventstore/db-client';
import type { AppendReceipt } from './esdb.appends';
import { EsdbAppends } from './esdb.appends';
import { EsdbClient } from './esdb.client';
import type { EsdbSettings } from './esdb.connection-string';
import { NoAnswerError } from './esdb.errors';
import type { StreamHead } from './event-store.port';
import type { LinkedEvents } from './hash-chain';

interface Patience {
  /** Something has come: the wait begins anew. */
  readonly renew: () => void;
  readonly end: () => void;
}

interface EsdbLineListener {
  /** Nothing came for as long as somebody has waited. */
  readonly onSilence: () => void;
  /** The connection has broken, whether or not somebody waits. */
  readonly onBroken: () => void;
}

/** One connection: what is asked on it, and whether it still answers. */
export class EsdbLine {
  readonly client: EsdbClient;
  private readonly appends: EsdbAppends;
  /** What came from the server, answers to appends apart. */
  private received = 0;

  constructor(
    settings: EsdbSettings,
    private readonly listener: EsdbLineListener,
  ) {
    this.client = new EsdbClient(settings);
    this.appends = new EsdbAppends(this.client, listener.onBroken);
  }

  append(at: AppendPlace, linked: LinkedEvents, waitMs: number): Promise<AppendReceipt> {
    return new Promise((resolve, reject) => {
      const patience = this.wait(waitMs, () => this.appends.answered, reject);
      this.appends.send(at.stream, at.after, linked).then(resolve, reject).finally(patience.end);
    });
  }

  /** All that a finite read finds. Not `for await`: that costs a promise for each event. */
  async collect<T>(read: StreamingRead<T>, waitMs: number): Promise<T[]> {
    const found: T[] = [];
    await this.scan(read, waitMs, (item) => {
      found.push(item);
      return false;
    });
    return found;
  }

  /** Reads until the end, or until `isEnough`; the server has `waitMs` for each part of it. */
  scan<T>(read: StreamingRead<T>, waitMs: number, isEnough: (item: T) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = () => void read.cancel().catch(() => undefined);
      const patience = this.wait(
        waitMs,
        () => this.received,
        (error) => {
          reject(error);
          cancel();
        },
      );
      const settle = (act: () => void) => {
        patience.end();
        act();
      };
      read
        .on('data', (item: T) => {
          this.received += 1;
          patience.renew();
          if (isEnough(item)) settle(() => (resolve(), cancel()));
        })
        .on('error', (error) => settle(() => reject(error)))
        .on('end', () => settle(() => this.finish(resolve, reject)));
    });
  }

  end(): Promise<void> {
    return this.client.end();
  }

  /** A read that was broken off ends like one that is complete. */
  private finish(resolve: () => void, reject: (error: Error) => void): void {
    this.received += 1;
    if (this.client.isEnded)
      reject(new NoAnswerError('it did not answer, and the connection was given up'));
    else resolve();
  }

  private wait(waitMs: number, heard: () => number, giveUp: (error: Error) => void): Patience {
    let before = heard();
    const timer = setTimeout(() => {
      // What came while this process was busy is read first.
      setImmediate(() => {
        if (heard() === before) this.listener.onSilence();
        giveUp(new NoAnswerError(`it did not answer within ${Math.round(waitMs)} ms`));
      });
    }, waitMs);
    return {
      renew: () => {
        before = heard();
        timer.refresh();
      },
      end: () => clearTimeout(timer),
    };
  }
}

export interface AppendPlace {
  readonly stream: string;
  readonly after: StreamHead;
}
