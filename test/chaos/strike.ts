import { eventually } from '../support/eventually';
import type { RunningUplift } from '../support/running-uplift';
import type { DoubtfulCall, Victim } from './victims';
import { heldBack } from './victims';

const CALLS_IN_DOUBT = 5;
const SLOW_ANSWER_MS = 500;

/** One kill -9 in the middle of a fleet's upgrades, and what comes before and after. */
export class Strike {
  private callsBefore = 0;

  constructor(
    private readonly uplift: RunningUplift,
    private readonly victim: Victim,
    private readonly instanceIds: readonly string[],
  ) {}

  /** Has Lagoon answer the calls in question late, so that the kill can come first. */
  async prepare(): Promise<void> {
    const { inDoubt } = this.victim;
    if (!inDoubt) return;
    const { field } = inDoubt;
    this.callsBefore = await this.callsOf(field);
    const times = 2 * this.instanceIds.length;
    await this.uplift.lagoon.plan({ kind: 'slow', field, delayMs: SLOW_ANSWER_MS, times });
  }

  /** Kills at the moment that is asked for, and sees instances wait for the victim. */
  async kill(): Promise<void> {
    const { log } = this.uplift;
    const { strikeAt, inDoubt, name } = this.victim;
    const reached = () => log.count(strikeAt.type, this.instanceIds);
    await log.until(
      () => reached() >= strikeAt.instances,
      () => `${strikeAt.type}: ${reached()}`,
    );
    if (inDoubt) await eventually(() => this.expectInDoubt(inDoubt, CALLS_IN_DOUBT));
    const { signal } = await this.part.kill('SIGKILL');
    expect(signal).toBe('SIGKILL');
    if (inDoubt) await this.expectInDoubt(inDoubt, 1);
    await log.until(
      () => heldBack(this.victim, log, this.instanceIds).length > 0,
      () => `instances that wait for ${name}`,
    );
  }

  /** Forgets what is left of the late answers, too. */
  async bringBack(): Promise<void> {
    await this.uplift.lagoon.planNothing();
    await this.part.restart();
  }

  private get part() {
    const { name } = this.victim;
    const found = this.uplift.stack.parts.find((part) => part.name === name);
    if (found) return found;
    throw new Error(`${name} does not run`);
  }

  private async callsOf(field: string): Promise<number> {
    return (await this.uplift.lagoon.ledger()).fields[field] ?? 0;
  }

  private async expectInDoubt({ field, answeredBy }: DoubtfulCall, least: number): Promise<void> {
    const calls = (await this.callsOf(field)) - this.callsBefore;
    const answered = answeredBy.map((type) => this.uplift.log.count(type, this.instanceIds));
    const inDoubt = answered.reduce((left, count) => left - count, calls);
    expect(inDoubt).toBeGreaterThanOrEqual(least);
  }
}
