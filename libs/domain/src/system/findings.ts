import type { Decider } from '../decider';
import { DomainError } from '../decider';
import type { AskedBy } from '../instance/instance.events';
import type { Finding, FindingKind, SystemEvent } from './system.events';

/** What is to be known of a finding when it is come upon again. */
export interface FindingState {
  readonly kind: FindingKind;
  readonly count: number;
  readonly isOpen: boolean;
}

/** By id. */
export type FindingsState = ReadonlyMap<string, FindingState>;

export interface FindingCommandData {
  /**
   * `count`: how often it was seen in the whole of store and bus, so that two auditors, or one that begins anew, tell
   * nothing twice. Null: it is no number of places but a state of things, which holds or does not.
   */
  RecordFinding: Omit<Finding, 'count'> & { readonly count: number | null };
  CloseFinding: Pick<Finding, 'findingId'> & AskedBy;
}

export type FindingCommandType = keyof FindingCommandData;

export type FindingCommand = {
  readonly [Type in FindingCommandType]: {
    readonly type: Type;
    readonly data: FindingCommandData[Type];
  };
}[FindingCommandType];

/** Nothing of that id was ever found. */
export class FindingUnknownError extends DomainError {
  readonly code = 'finding-unknown';
  constructor(readonly findingId: string) {
    super(`There is no finding ${findingId}`);
  }
}

/** Idempotent: what is known already, or closed already, leads to nothing. */
function decideFinding(command: FindingCommand, state: FindingsState): readonly SystemEvent[] {
  const known = state.get(command.data.findingId);
  return command.type === 'RecordFinding'
    ? decideRecord(command.data, known)
    : decideClose(command.data, known);
}

function decideRecord(
  data: FindingCommandData['RecordFinding'],
  known: FindingState | undefined,
): readonly SystemEvent[] {
  const before = known?.count ?? 0;
  const count = data.count ?? (known?.isOpen ? before : before + 1);
  return count > before ? [{ type: 'FindingRecorded', data: { ...data, count } }] : [];
}

function decideClose(
  data: FindingCommandData['CloseFinding'],
  known: FindingState | undefined,
): readonly SystemEvent[] {
  if (!known) throw new FindingUnknownError(data.findingId);
  return known.isOpen ? [{ type: 'FindingClosed', data }] : [];
}

function evolveFindings(state: FindingsState, event: SystemEvent): FindingsState {
  if (event.type === 'FindingRecorded') {
    const { findingId, kind, count } = event.data;
    return new Map(state).set(findingId, { kind, count, isOpen: true });
  }
  if (event.type !== 'FindingClosed') return state;
  const known = state.get(event.data.findingId);
  return known ? new Map(state).set(event.data.findingId, { ...known, isOpen: false }) : state;
}

export const findingsDecider: Decider<FindingCommand, FindingsState, SystemEvent> = {
  initialState: new Map(),
  decide: decideFinding,
  evolve: evolveFindings,
};
