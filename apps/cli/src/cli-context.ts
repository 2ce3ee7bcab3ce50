import { readConfiguration } from '@uplift/runtime';
import { EsdbEventStore } from '@uplift/event-store';
import type { EventStore } from '@uplift/event-store';
import type { Command } from 'commander';
import { ApiClient } from './api-client';
import type { Output } from './output/printer';
import { Printer } from './output/printer';

/** What every command works with; nothing is read or opened before it is needed. */
export class CliContext {
  constructor(private readonly program: Command) {}

  get printer(): Printer {
    return new Printer(this.program.opts<{ output: Output }>().output);
  }

  get api(): ApiClient {
    return new ApiClient(readConfiguration(['apiUrl']).apiUrl);
  }

  /** Opens the store for the work, and closes it whatever happens. */
  async withStore<Answer>(work: (store: EventStore) => Promise<Answer>): Promise<Answer> {
    const { eventStoreUrl } = readConfiguration(['eventStoreUrl']);
    const store = new EsdbEventStore({ connectionString: eventStoreUrl });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }
}
