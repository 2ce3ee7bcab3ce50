import type { Evidence, InstanceEvent, InstanceEventType } from './instance.events';

/** One effect in Lagoon that was asked for and has no outcome yet: a deployment or a script's task. */
export interface CallState {
  readonly effect: 'deployment' | 'script';
  readonly marker: string;
  /** Counts the calls of one effect, from 1. */
  readonly callNo: number;
  readonly bulkId: string | null;
  /** False once Lagoon surely refused the newest call. */
  readonly isOpen: boolean;
  /** Those of calls that were never sent do not count. */
  readonly refusals: number;
  /** Calls that are proved to have had no effect. */
  readonly notLanded: number;
  readonly isAmbiguous: boolean;
}

/** A third call that may land is never made: after the second, a person decides. */
export const MOST_CALLS = 2;

/** Nothing that one step asked for is left over for the next. */
export const ENDS_STEP: readonly InstanceEventType[] = [
  'PreUpgradeCompleted',
  'UpgradeCompleted',
  'PostUpgradeCompleted',
  'DeploymentCancelled',
];

export function callAfter(before: CallState | null, event: InstanceEvent): CallState | null {
  switch (event.type) {
    case 'DeploymentRequested':
      return { ...asked(before, event.data), effect: 'deployment', bulkId: event.data.bulkId };
    case 'ScriptRequested':
      return { ...asked(before, event.data), effect: 'script', bulkId: null };
    case 'CallRefused':
      return before && refused(before, event.data.evidence);
    case 'CallNotLanded':
      return before && { ...before, isOpen: false, notLanded: before.notLanded + 1 };
    case 'CallAmbiguous':
      return before && { ...before, isAmbiguous: true };
    case 'DeploymentAccepted':
    case 'ScriptAccepted':
      return null;
    default:
      return ENDS_STEP.includes(event.type) ? null : before;
  }
}

function refused(before: CallState, { cause }: Evidence): CallState {
  const refusals = cause === 'not-sent' ? before.refusals : before.refusals + 1;
  return { ...before, isOpen: false, refusals };
}

function asked(
  before: CallState | null,
  { marker, callNo }: { readonly marker: string; readonly callNo: number },
) {
  const isRepeat = before?.marker === marker;
  return {
    marker,
    callNo,
    isOpen: true,
    isAmbiguous: false,
    refusals: isRepeat ? before.refusals : 0,
    notLanded: isRepeat ? before.notLanded : 0,
  };
}
