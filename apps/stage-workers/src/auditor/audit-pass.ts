import type { AllEventsPage } from '@uplift/event-store';
import { BusAudit } from './bus-audit';
import type { AuditedParts } from './bus-epoch';
import { StoreAudit } from './store-audit';
import { Tally } from './tally';

/** Events looked at in one step. */
const PAGE = 256;

/** What one step has led to. */
export interface AuditStep {
  /** Everything that is there was looked at. */
  readonly isAtEnd: boolean;
  /** Why store or bus could not be looked at; what the other holds is looked at all the same. */
  readonly faults: readonly unknown[];
}

/** One way through store and bus: of the whole, or of the newest so many messages, and then of whatever comes. */
export class AuditPass {
  readonly tally = new Tally();
  private readonly pages: StorePages;
  private readonly storeAudit: StoreAudit;
  private readonly busAudit: BusAudit;
  private after: bigint | null = null;
  private isBegun: boolean;

  constructor(parts: AuditedParts, newest?: number) {
    this.pages = new StorePages(parts);
    const readPage = (after: bigint | null) => this.pages.behind(after);
    this.storeAudit = new StoreAudit(parts, this.tally);
    this.busAudit = new BusAudit({ ...parts, readPage }, this.tally, newest);
    this.isBegun = newest === undefined;
  }

  async step(): Promise<AuditStep> {
    const faults: unknown[] = [];
    const orFault = (error: unknown) => {
      faults.push(error);
      return true;
    };
    if (!this.isBegun) await this.begin().catch(orFault);
    const store = await this.lookAtStore().catch(orFault);
    const bus = await this.busAudit.look().catch(orFault);
    return { isAtEnd: store && bus, faults };
  }

  /** Of the newest messages the bus tells where in the store they are; without it the whole store is looked at. */
  private async begin(): Promise<void> {
    this.isBegun = true;
    this.after = await this.busAudit.begin();
  }

  private async lookAtStore(): Promise<boolean> {
    const page = await this.pages.behind(this.after);
    await this.storeAudit.look(page);
    this.after = page.upTo;
    return page.isEnd;
  }
}

/** Both audits read the same pages, one after the other: the newest is kept. */
class StorePages {
  private kept: { readonly after: bigint | null; readonly page: AllEventsPage } | undefined;

  constructor(private readonly parts: AuditedParts) {}

  async behind(after: bigint | null): Promise<AllEventsPage> {
    if (this.kept?.after === after) return this.kept.page;
    this.parts.onStep();
    const page = await this.parts.store.readAll(after, PAGE);
    if (!page.isEnd) this.kept = { after, page };
    return page;
  }
}
