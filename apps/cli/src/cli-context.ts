import type { EventStore } from '@uplift/event-store';
import { EsdbEventStore } from '@uplift/event-store';
import type { Clock, Randomness } from '@uplift/runtime';
import { isProblemDetails } from '@uplift/contracts';
import { readConfiguration } from '@uplift/runtime';
import type { Command } from 'commander';
import { storedToken } from './access/credentials';
import type { Answer } from './api-client';
import { ApiClient } from './api-client';
import { CommandFailure } from './exit-code';
import type { Output } from './printer';
import { Printer } from './printer';

type ReadAnswer =
  | 'instance'
  | 'instancePage'
  | 'timelinePage'
  | 'upgrade'
  | 'upgradePage'
  | 'stats'
  | 'system'
  | 'findingPage';

/** What is shown of an actor. */
export type NameOf = (actorId: string) => string;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** That one request asks for. */
const MOST_NAMES = 100;

/** What every command works with; nothing is read or opened before it is needed. */
export class CliContext {
  private ownPrinter: Printer | undefined;

  constructor(
    private readonly program: Command,
    readonly clock: Clock,
    readonly randomness: Randomness,
  ) {}

  /** The same for all that one command prints. */
  get printer(): Printer {
    this.ownPrinter ??= new Printer(this.program.opts<{ output: Output }>().output);
    return this.ownPrinter;
  }

  get api(): ApiClient {
    const { apiUrl, token, credentialsPath } = readConfiguration([
      ...(['apiUrl', 'token', 'credentialsPath'] as const),
    ]);
    return new ApiClient(apiUrl, token ?? storedToken(credentialsPath, apiUrl));
  }

  /** Reads; says which starts are stopped, and that the answer is old, whatever was asked. */
  async ask<Name extends ReadAnswer>(path: string): Promise<Answer<Name>> {
    const answer = await this.read<Answer<Name>>(path);
    const nameOf = await this.namesOf(answer.stops.map(({ requestedBy }) => requestedBy));
    for (const { core, since, requestedBy, reason } of answer.stops) {
      const which = core === null ? 'All starts' : `Starts on core ${core}`;
      this.printer.say(`${which} are stopped since ${since} by ${nameOf(requestedBy)}: ${reason}`);
    }
    const { reason, detail, at } = answer.asOf;
    if (reason) this.printer.say(`This is as of ${at} [${reason}]: ${detail ?? ''}`);
    return answer;
  }

  read<Answer>(path: string): Promise<Answer> {
    return this.patiently(() => this.api.json<Answer>(path));
  }

  /** Sends a command; without a key under one of its own. */
  command<Answer>(path: string, body: object, key = this.randomness.uuid()): Promise<Answer> {
    return this.commandAt(path, body, { key });
  }

  /** Sends a command to an instance that is to be at this revision. */
  commandAt<Answer>(
    path: string,
    body: object,
    { key = this.randomness.uuid(), ifRevision }: { key?: string; ifRevision?: number },
  ): Promise<Answer> {
    const expected = ifRevision === undefined ? {} : { 'if-match': `"${ifRevision}"` };
    const headers = { 'idempotency-key': key, ...expected };
    return this.patiently(() => this.api.json<Answer>(path, { method: 'POST', headers, body }));
  }

  /** Again in the next minute, where the token takes no more in this one. */
  private async patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      const seconds = secondsUntilNext(error);
      if (seconds === undefined) throw error;
      this.printer.say(`The token takes no more in this minute: waiting for ${seconds} s`);
      await this.clock.pause(seconds * 1_000);
      return this.patiently(ask);
    }
  }

  /** How rows have actors: by name in a table, which people read, and by id alone elsewhere. */
  namesInRows(actorIds: readonly string[]): Promise<NameOf> {
    return this.namesOf(this.printer.output === 'table' ? actorIds : []);
  }

  /** Where people read what a reason means, and what to do about it. */
  pageOfReason(reason: string): string {
    return this.api.urlOf(`/reasons#${encodeURIComponent(reason)}`);
  }

  /** Under a table in which something failed. */
  tellReasons(reasons: readonly (string | null)[]): void {
    if (this.printer.output !== 'table' || reasons.every((reason) => reason === null)) return;
    this.printer.say(`What each reason means, and what to do: ${this.api.urlOf('/reasons')}`);
  }

  tellMore(cursor: string | null): void {
    if (cursor !== null) this.printer.say(`more: --cursor ${cursor}`);
  }

  /** Of whom a name is kept that can be had is shown by it too, everybody else by id. */
  private async namesOf(actorIds: readonly string[]): Promise<NameOf> {
    const ids = [...new Set(actorIds)].filter((id) => UUID.test(id));
    const names = new Map<string, string>();
    for (let n = 0; n < ids.length; n += MOST_NAMES) {
      const { items } = await this.api
        .json<Answer<'actorNames'>>(`/v1/actors?ids=${ids.slice(n, n + MOST_NAMES).join(',')}`)
        .catch(() => ({ items: [] }));
      for (const { actorId, name } of items) names.set(actorId, `${name} (${actorId})`);
    }
    return (actorId) => names.get(actorId) ?? actorId;
  }

  /** Runs once on Ctrl-C, instead of the end of the process, until it is called off. */
  onInterrupt(run: () => void): () => void {
    process.once('SIGINT', run);
    return () => void process.off('SIGINT', run);
  }

  /** Opens the store for the work, and closes it whatever happens. */
  async withStore<Result>(work: (store: EventStore) => Promise<Result>): Promise<Result> {
    const { eventStoreUrl } = readConfiguration(['eventStoreUrl']);
    const store = new EsdbEventStore({ connectionString: eventStoreUrl });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }
}

/** Undefined for whatever has another reason. */
function secondsUntilNext(error: unknown): number | undefined {
  if (!(error instanceof CommandFailure) || !isProblemDetails(error.document)) return undefined;
  const { code, retryAfterSeconds = 1 } = error.document;
  return code === 'too-many-requests' ? retryAfterSeconds : undefined;
}
