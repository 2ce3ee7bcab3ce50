import { DomainError } from '../decider';
import type { KnownInstance } from '../instance/instance.state';
import { workOrderOf } from '../instance/instance.state';
import { UPGRADE_STRATEGIES } from '../instance/upgrade-target';
import type {
  InstanceCommandData,
  InstanceCommandOf,
  OperatorCommandType,
} from './instance.decider';
import { decide, OPERATOR_COMMANDS } from './instance.decider';

/** What an operator may ask of an instance, or why not. */
export interface AllowedCommand {
  readonly command: OperatorCommandType;
  readonly allowed: boolean;
  /** The rule that stands in the way; null if none does, or if it would change nothing. */
  readonly code: string | null;
  /** What stands in the way, or what the command needs beside its reason; null: nothing. */
  readonly detail: string | null;
}

/** Every command of an operator, as it would be decided if it came now. */
export function allowedCommands(state: KnownInstance): readonly AllowedCommand[] {
  const samples = samplesFor(state);
  return OPERATOR_COMMANDS.map((command) => {
    const sample = { type: command, data: samples[command] } as InstanceCommandOf<typeof command>;
    return { command, ...verdictOn(sample, state) };
  });
}

type Verdict = Omit<AllowedCommand, 'command'>;

const IN_FORCE: Verdict = { allowed: false, code: null, detail: 'it is in force already' };

function verdictOn(command: InstanceCommandOf<OperatorCommandType>, state: KnownInstance): Verdict {
  try {
    if (decide(command, state).length === 0) return IN_FORCE;
    const needs = NEEDS[command.type]?.(state) ?? null;
    return { allowed: true, code: null, detail: needs };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { allowed: false, code: error.code, detail: error.message };
  }
}

const NEEDS: { readonly [Type in OperatorCommandType]?: (state: KnownInstance) => string | null } =
  {
    RequestUpgrade: ({ status }) =>
      status === 'running-unhealthy' || status === 'running-unresponsive'
        ? 'as a repair: the app is ill'
        : null,
    RetryUpgrade: (state) => {
      const stage = state.kind === 'resting' ? state.lastUpgrade?.stage : undefined;
      return `from ${stage ?? 'the earliest stage that is not complete'}, or from an earlier one`;
    },
    ResolveOutcome: () => 'a build or task to adopt, or that the call had no effect',
    UpdateInstance: ({ kind }) =>
      kind === 'upgrading' ? 'for the next upgrade; core, project and environment stay' : null,
    CancelUpgrade: ({ status }) =>
      status === 'pending-pre-upgrade' ? null : 'what runs in Lagoon is stopped first',
  };

/** Each command as somebody would give it who wants nothing special. */
function samplesFor(state: KnownInstance): Pick<InstanceCommandData, OperatorCommandType> {
  const upgradeId = workOrderOf(state)?.upgradeId ?? '';
  const asked = { requestedBy: '', reason: '' };
  const ofUpgrade = { upgradeId, ...asked };
  const enabledStrategies = UPGRADE_STRATEGIES;
  const planned = { enabledStrategies, attemptMs: 1 };
  const asBefore = { strategy: null, target: null };
  const unplanned = { rolloutId: null, waveId: null, startBy: null, priority: null };
  return {
    UpdateInstance: { ...asked, changes: {}, labels: {} },
    ClaimInstance: asked,
    UnclaimInstance: asked,
    DeregisterInstance: asked,
    ReportHealth: { status: anotherHealthThan(state) },
    RequestUpgrade: {
      ...{ ...asked, ...planned, ...asBefore, ...unplanned },
      ...{ upgradeId: NEW, repair: true, requestedAt: '' },
    },
    CancelUpgrade: ofUpgrade,
    RetryUpgrade: { ...ofUpgrade, ...planned, ...asBefore, fromStage: null, redeploy: false },
    AbandonUpgrade: { ...ofUpgrade, attemptMs: 1 },
    ResolveOutcome: { ...ofUpgrade, resolution: { kind: 'not-landed' } },
    RollBackUpgrade: { ...asked, ...planned, upgradeId: NEW, rollsBack: upgradeId },
    RedriveStage: ofUpgrade,
    ParkInstance: asked,
    UnparkInstance: asked,
    PrioritizeUpgrade: { ...ofUpgrade, priority: 'urgent' },
  };
}

/** No upgrade has this id. */
const NEW = 'new';

function anotherHealthThan(state: KnownInstance): 'running-unhealthy' | 'running-unresponsive' {
  const known = state.kind === 'upgrading' ? state.notes.reportedHealth : state.status;
  return known === 'running-unhealthy' ? 'running-unresponsive' : 'running-unhealthy';
}
