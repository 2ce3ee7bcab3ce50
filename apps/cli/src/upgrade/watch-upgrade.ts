import type { CommandAnswer, EventDocument, StoredEvent } from '@uplift/contracts';
import { toRecordedInstanceEvent } from '@uplift/contracts';
import type { InstanceEventType, InstanceStatus, TimelineEntry } from '@uplift/domain';
import { timelineEntry } from '@uplift/domain';
import type { CliContext } from '../cli-context';
import { CommandFailure, EXIT } from '../exit-code';
import type { Row } from '../printer';
import { FollowedEvents } from './followed-events';

export type UpgradeCommandAnswer = Required<CommandAnswer>;

const ENDS: ReadonlySet<string> = new Set<InstanceEventType>([
  'InstanceVerifiedHealthy',
  'PreUpgradeFailed',
  'UpgradeFailed',
  'PostUpgradeFailed',
  'InstanceFoundUnhealthy',
  'InstanceFoundUnresponsive',
  'UpgradeCancelled',
  'UpgradeExpired',
  'OutcomeResolutionRefused',
]);

/** What a command leads to when it does what it is for. */
export interface Aim {
  readonly ends: readonly InstanceEventType[];
  /** Only what comes after the command counts, although the upgrade is over already. */
  readonly isAfterwards?: true;
}

const DONE: Aim = { ends: ['InstanceVerifiedHealthy'] };
/** Of the commands that aim at something else than a finished upgrade. */
export const AIMS: Readonly<Record<string, Aim>> = {
  cancel: { ends: ['UpgradeCancelled'] },
  resolve: { ends: ['OutcomeResolved'], isAfterwards: true },
};

interface WatchedUpgrade {
  readonly upgradeId: string;
  readonly instanceId: string;
  /** The upgrade is known to go on, or to be over, at this revision: no end before it counts. */
  readonly revision: number;
}

interface EventData {
  readonly upgradeId?: string;
  readonly workOrder?: { readonly upgradeId: string };
  readonly reason?: string;
}

/** Says which upgrade it is, then as `watchUpgrade`. */
export async function waitForUpgrade(
  context: CliContext,
  answer: UpgradeCommandAnswer,
  timeoutSeconds: number,
  aim?: Aim,
): Promise<void> {
  context.printer.line(rowOf(answer));
  await watchUpgrade(context, answer, timeoutSeconds, aim);
}

/** Prints every event of an upgrade, from its first; fails unless it ends as it should and in time. */
export async function watchUpgrade(
  context: CliContext,
  upgrade: WatchedUpgrade,
  timeoutSeconds: number,
  aim: Aim = DONE,
): Promise<void> {
  const stop = new AbortController();
  const callOffs = [
    context.clock.after(timeoutSeconds * 1000, () => stop.abort(EXIT.timedOut)),
    context.onInterrupt(() => stop.abort(EXIT.interrupted)),
  ];
  try {
    const end = await printUntilEnd(context, upgrade, { aim, signal: stop.signal });
    refuseOtherEnd(end, upgrade.upgradeId, aim);
  } catch (error) {
    throw stop.signal.aborted ? stoppedBy(stop.signal, upgrade) : inFull(error, upgrade);
  } finally {
    callOffs.forEach((callOff) => callOff());
    stop.abort();
  }
}

/** Returns the type of the event that ended it. */
async function printUntilEnd(
  context: CliContext,
  { upgradeId, instanceId, revision: known }: WatchedUpgrade,
  { aim, signal }: { readonly aim: Aim; readonly signal: AbortSignal },
): Promise<string> {
  const first = aim.isAfterwards ? known + 1 : known;
  let end: string | null = null;
  let before: InstanceStatus | null = null;
  context.printer.begin();
  for await (const event of new FollowedEvents(context, instanceId, signal).read()) {
    const { type, revision, recordedAt } = event;
    const data = event.data as EventData;
    const { status, note } = entryOf(event, before);
    before = status;
    if (isOf(data, upgradeId)) {
      context.printer.line({ at: recordedAt, revision, event: type, status, note });
      end = endAfter(end, type, data, aim);
    }
    if (end !== null && revision >= first) return end;
  }
  throw new Error('The events of an instance have no end');
}

/** As its timeline shows it. Of an event of a newer build only what every event may have. */
function entryOf(
  { position, ...event }: EventDocument,
  before: InstanceStatus | null,
): Pick<TimelineEntry, 'note'> & { readonly status: InstanceStatus | null } {
  try {
    const stored = { ...event, position: BigInt(position) } as StoredEvent;
    return timelineEntry(before, toRecordedInstanceEvent(stored));
  } catch {
    return { status: before, note: (event.data as EventData).reason ?? null };
  }
}

function isOf({ workOrder, upgradeId }: EventData, wanted: string): boolean {
  return (workOrder?.upgradeId ?? upgradeId) === wanted;
}

/** Retried, abandoned or taken up again: the end was none. */
function endAfter(
  end: string | null,
  type: string,
  { workOrder }: EventData,
  { ends }: Aim,
): string | null {
  if (ENDS.has(type) || (ends as readonly string[]).includes(type)) return type;
  return workOrder === undefined ? end : null;
}

function refuseOtherEnd(end: string, upgradeId: string, { ends }: Aim): void {
  if ((ends as readonly string[]).includes(end)) return;
  const isCancelled = end === 'UpgradeCancelled';
  const words = isCancelled ? 'was cancelled' : `ended in ${end}`;
  const exitCode = isCancelled ? EXIT.cancelled : EXIT.failed;
  throw new CommandFailure(exitCode, `Upgrade ${upgradeId} ${words}`);
}

function stoppedBy({ reason }: AbortSignal, upgrade: WatchedUpgrade): CommandFailure {
  const exitCode = reason === EXIT.interrupted ? EXIT.interrupted : EXIT.timedOut;
  return new CommandFailure(exitCode, goesOn(upgrade));
}

function inFull(error: unknown, upgrade: WatchedUpgrade): unknown {
  if (!(error instanceof CommandFailure) || error.exitCode !== EXIT.connectionLost) return error;
  return new CommandFailure(error.exitCode, `${error.message}. ${goesOn(upgrade)}`);
}

function goesOn({ instanceId, upgradeId }: WatchedUpgrade): string {
  return `Upgrade ${upgradeId} has not ended yet, and goes on. Look again: uplift upgrade watch ${upgradeId}. Stop it: uplift upgrade cancel ${instanceId} ${upgradeId} --reason <text>`;
}

function rowOf({ upgradeId: upgrade, status, revision, position }: UpgradeCommandAnswer): Row {
  return { upgrade, status, revision, position };
}

export function printAnswer({ printer }: CliContext, document: UpgradeCommandAnswer): void {
  printer.print({ document, rows: [rowOf(document)] });
}
