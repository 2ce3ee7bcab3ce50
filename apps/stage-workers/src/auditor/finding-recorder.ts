import type { Actor } from '@uplift/contracts';
import { FINDINGS_STREAM, splitStreamName } from '@uplift/contracts';
import type {
  FindingCommand,
  FindingCommandData,
  FindingKind,
  FindingState,
  FindingsState,
  RecordedSystemEvent,
} from '@uplift/domain';
import { FINDING_KINDS, findingsDecider } from '@uplift/domain';
import type { SystemCommandHandler } from '@uplift/event-store';
import { foldOfValue } from '@uplift/event-store';
import type { Clock, Logger } from '@uplift/runtime';
import { shown } from './tally';

export interface RecorderPorts {
  readonly commands: SystemCommandHandler<FindingCommand, FindingsState>;
  readonly actor: Actor;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A finding that is told already is told again, with its higher count, after this time. */
const TOLD_APART_MS = 60_000;
const MOST_TRIES = 5;
/** Each loads the stream of all findings. */
const MOST_IN_ONE_FLUSH = 20;
const CORRELATION_ID = splitStreamName(FINDINGS_STREAM).id;

/**
 * Records findings, each once however many auditors come upon it. It knows from the tail of the store what was
 * recorded; what cannot be appended is kept and tried again with the next flush.
 */
export class FindingRecorder {
  private state: FindingsState = findingsDecider.initialState;
  /** For checkpoints. */
  readonly fold = foldOfValue<readonly (readonly [string, FindingState])[]>(
    { name: 'findings', version: 1 },
    () => [...this.state],
    (known) => (this.state = known ? new Map(known) : findingsDecider.initialState),
  );
  private readonly pending = new Map<string, FindingCommand>();
  private readonly toldAt = new Map<string, number>();

  constructor(private readonly ports: RecorderPorts) {}

  /** Every event of the system, in store order. */
  observe({ event }: Pick<RecordedSystemEvent, 'event'>): void {
    this.state = findingsDecider.evolve(this.state, event);
  }

  note(data: FindingCommandData['RecordFinding']): void {
    const before = this.pending.get(data.findingId);
    // Of what two have come upon, whoever has seen more of it is right.
    if (before && countOf(before) > (data.count ?? 0)) return;
    const told = { ...data, detail: shown(data.detail) };
    this.pending.set(data.findingId, { type: 'RecordFinding', data: told });
  }

  /** A state of things that was found holds no longer. */
  noteEnd(findingId: string, reason: string): void {
    if (this.state.get(findingId)?.isOpen !== true) return void this.pending.delete(findingId);
    const data = { findingId, reason, requestedBy: this.ports.actor.id };
    this.pending.set(findingId, { type: 'CloseFinding', data });
  }

  openOf(kind: FindingKind): number {
    return [...this.state.values()].filter((each) => each.isOpen && each.kind === kind).length;
  }

  get openByKind(): readonly (readonly [FindingKind, number])[] {
    return FINDING_KINDS.map((kind) => [kind, this.openOf(kind)]);
  }

  /**
   * Tries each finding that is due, so many at once; true when there are more. Throws the first error at the end; what
   * was not appended stays pending behind all others.
   */
  async flush(onStep: () => void): Promise<boolean> {
    const errors: unknown[] = [];
    const due = this.due();
    for (const [findingId, command] of due.slice(0, MOST_IN_ONE_FLUSH)) {
      onStep();
      await this.append(findingId, command).catch((error: unknown) => {
        errors.push(error);
        this.pending.delete(findingId);
        this.pending.set(findingId, command);
      });
    }
    if (errors.length > 0) throw errors[0];
    return due.length > MOST_IN_ONE_FLUSH;
  }

  private due(): readonly (readonly [string, FindingCommand])[] {
    for (const [findingId, command] of this.pending) {
      if (!this.isNews(command)) this.pending.delete(findingId);
    }
    return [...this.pending].filter(([findingId]) => this.isDue(findingId));
  }

  private isNews(command: FindingCommand): boolean {
    return findingsDecider.decide(command, this.state).length > 0;
  }

  private isDue(findingId: string): boolean {
    const toldAt = this.toldAt.get(findingId) ?? Number.NEGATIVE_INFINITY;
    return this.ports.clock.monotonic() - toldAt >= TOLD_APART_MS;
  }

  private async append(findingId: string, command: FindingCommand): Promise<void> {
    const { commands, actor, clock, logger } = this.ports;
    const before = this.state.get(findingId)?.count ?? 0;
    const cause = {
      causationId: findingId,
      step: `${command.type}/${before}`,
      correlationId: CORRELATION_ID,
      actor,
    };
    const handled = await commands.handle({ command, cause }, { tries: MOST_TRIES });
    this.pending.delete(findingId);
    this.toldAt.set(findingId, clock.monotonic());
    if (handled.kind === 'appended' && command.type === 'RecordFinding') {
      logger.warn({ finding: command.data }, 'found in store or bus');
    }
  }
}

function countOf(command: FindingCommand): number {
  return command.type === 'RecordFinding' ? (command.data.count ?? 0) : 0;
}
