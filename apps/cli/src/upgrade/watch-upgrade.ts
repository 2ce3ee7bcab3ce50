import type { CommandAnswer, EventDocument } from '@uplift/contracts';
import type { InstanceEventType } from '@uplift/domain';
import type { CliContext } from '../cli-context';
import { CommandFailure, EXIT } from '../exit-code';

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

/** Frames that carry no event. */
const NOTICES: readonly string[] = ['resync', 'closed'];

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

/** Prints every event of an upgrade, from its first; fails unless it ends as it should and in time. */
export async function watchUpgrade(
  context: CliContext,
  upgrade: WatchedUpgrade,
  timeoutSeconds: number,
  aim: Aim = DONE,
): Promise<void> {
  const { upgradeId } = upgrade;
  const timeout = new AbortController();
  const cancelTimer = context.clock.after(timeoutSeconds * 1000, () => timeout.abort());
  try {
    const end = await printUntilEnd(context, upgrade, aim, timeout.signal);
    if (end !== null && (aim.ends as readonly string[]).includes(end)) return;
    if (end !== null) {
      throw new CommandFailure(EXIT.failed, `Upgrade ${upgradeId} ended in ${end}`);
    }
  } catch (error) {
    if (!timeout.signal.aborted) throw error;
  } finally {
    cancelTimer();
    timeout.abort();
  }
  throw new CommandFailure(EXIT.timedOut, `Upgrade ${upgradeId} has not ended yet`);
}

/** Returns the type of the event that ended it; null if the API ends the stream before. */
async function printUntilEnd(
  { api, printer }: CliContext,
  { upgradeId, instanceId, revision: known }: WatchedUpgrade,
  aim: Aim,
  signal: AbortSignal,
): Promise<string | null> {
  const path = `/v1/events?instanceId=${encodeURIComponent(instanceId)}`;
  const stream = api.events(path, { headers: { 'last-event-id': '0' }, signal });
  const first = aim.isAfterwards ? known + 1 : known;
  let end: string | null = null;
  printer.begin();
  for await (const frame of stream) {
    if (NOTICES.includes(frame.type)) continue;
    const { type, revision, recordedAt, ...event } = JSON.parse(frame.data) as EventDocument;
    const data = event.data as EventData;
    if (isOf(data, upgradeId)) {
      printer.line({ at: recordedAt, revision, event: type, note: data.reason ?? null });
      end = endAfter(end, type, data, aim);
    }
    if (end !== null && revision >= first) return end;
  }
  return null;
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

export function printAnswer({ printer }: CliContext, document: UpgradeCommandAnswer): void {
  const { upgradeId: upgrade, status, revision, position } = document;
  printer.print({ document, rows: [{ upgrade, status, revision, position }] });
}
