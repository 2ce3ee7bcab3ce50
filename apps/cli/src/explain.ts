import type { InstanceDocument, UpgradeDocument } from '@uplift/contracts';
import type { Evidence } from '@uplift/domain';
import { labelsInWords, reasonRow, refusalCause } from '@uplift/domain';
import type { Row } from './printer';

type AllowedCommand = InstanceDocument['allowedCommands'][number];
type Waiting = NonNullable<InstanceDocument['waitingFor']>;

/** What a person types for a command of the domain. */
const COMMANDS: Readonly<Record<string, string>> = {
  RequestUpgrade: 'upgrade trigger',
  RetryUpgrade: 'upgrade retry',
  AbandonUpgrade: 'upgrade abandon',
  ResolveOutcome: 'upgrade resolve',
  RedriveStage: 'upgrade redrive',
  RollBackUpgrade: 'upgrade rollback',
  PrioritizeUpgrade: 'upgrade prioritize',
  CancelUpgrade: 'upgrade cancel',
  ReportHealth: 'a health report',
  ParkInstance: 'instance park',
  UnparkInstance: 'instance unpark',
  UpdateInstance: 'instance update',
  ClaimInstance: 'instance claim',
  UnclaimInstance: 'instance unclaim',
  DeregisterInstance: 'instance deregister',
};

function spoken(command: string): string {
  return COMMANDS[command] ?? command;
}

/** The commands that would be accepted now. */
export function possible(commands: readonly AllowedCommand[]): string {
  const allowed = commands.filter((each) => each.allowed);
  return allowed.map(({ command }) => spoken(command)).join(', ') || 'nothing';
}

interface Explanation {
  readonly failure?: UpgradeDocument['failure'];
  /** Address of what is to be known of a reason. */
  readonly pageOf?: (reason: string) => string;
}

/** An instance in words: where it stands, why, what it waits for, what can be asked for. */
export function explained(
  instance: InstanceDocument,
  { failure = null, pageOf }: Explanation = {},
): readonly string[] {
  const { project, environment, statusLabel, status, revision } = instance;
  const { waitingFor, allowedCommands } = instance;
  const allowed = allowedCommands.filter((each) => each.allowed);
  const refused = allowedCommands.filter((each) => !each.allowed);
  return [
    `${project}/${environment}: ${statusLabel} (${status}), revision ${revision}`,
    ...whyUnreadable(instance),
    ...whyFailed(instance, pageOf),
    ...(failure === null ? [] : whatWasSeen(failure)),
    waitingFor === null ? nothingWaited(instance) : inWords(waitingFor),
    `Possible now: ${possible(allowedCommands)}`,
    ...allowed.flatMap(({ command, detail }) => (detail ? `  ${spoken(command)}: ${detail}` : [])),
    ...whyNot(refused),
  ];
}

export function commandRow({ command, allowed, code, detail }: AllowedCommand): Row {
  return { command: spoken(command), allowed, code, detail };
}

/** One line per rule, with all the commands it stands in the way of. */
function whyNot(refused: readonly AllowedCommand[]): readonly string[] {
  const byRule = new Map<string, string[]>();
  for (const { command, code, detail } of refused) {
    const rule = code === null ? `${detail}` : `${detail} [${code}]`;
    byRule.set(rule, [...(byRule.get(rule) ?? []), spoken(command)]);
  }
  return [...byRule].map(([rule, commands]) => `  not ${commands.join(', ')}: ${rule}`);
}

function whyUnreadable({ unreadable }: InstanceDocument): readonly string[] {
  if (!unreadable) return [];
  const { eventType, revision, since, reason, detail, laterEvents } = unreadable;
  const later = laterEvents === 0 ? '' : ` ${laterEvents} later events are not shown either.`;
  return [
    `Its history cannot be read from revision ${revision} on (${eventType}, ${since}) [${reason}]: ${detail}.`,
    `What is shown was known before that.${later}`,
    'What to do: docs/operations.md, "Findings"; then rebuild the read model.',
  ];
}

function nothingWaited({ unreadable }: InstanceDocument): string {
  return unreadable ? 'What it waits for is not known.' : 'Nothing holds it up.';
}

function whyFailed(
  { failureReason, reasonClass }: InstanceDocument,
  pageOf: Explanation['pageOf'],
): readonly string[] {
  if (failureReason === null) return [];
  const row = reasonRow(failureReason);
  const name = `[${failureReason}, ${reasonClass}]`;
  if (row === null) return [`Its last upgrade failed ${name}.`];
  const link = pageOf ? [`More: ${pageOf(failureReason)}`] : [];
  return [
    `Its last upgrade failed: ${row.sentence} ${name}.`,
    `What to do: ${row.whatToDo}.`,
    ...link,
  ];
}

/** Its facts, one a line, as a person looks them up. */
export function described(instance: InstanceDocument): readonly string[] {
  const { claimed, labels } = instance;
  const facts: readonly (readonly [string, string | null])[] = [
    ['Instance', instance.instanceId],
    ['App', instance.app],
    ['Core', instance.core],
    ['Labels', labelsInWords(labels) || 'none'],
    ['Claimed', claimed === null ? null : claimed ? 'yes' : 'no'],
    ['Last upgrade', instance.lastUpgradeId],
    ['Registered', instance.registeredAt],
    ['Changed', instance.updatedAt],
  ];
  return facts.map(([name, value]) => `${`${name}:`.padEnd(14)}${value ?? '-'}`);
}

/** The facts of a failure; of a refusal of Lagoon also what its cause means. */
function whatWasSeen({ evidence }: NonNullable<UpgradeDocument['failure']>): readonly string[] {
  const cause = refusalCause(evidence.cause);
  return [
    ...(cause === null ? [] : [`Its cause: ${cause.sentence}; ${cause.whatToDo}.`]),
    `Evidence: ${factsOf(evidence) || 'none'}`,
  ];
}

function factsOf(evidence: Evidence): string {
  const facts = Object.entries(evidence).map(([name, value]) => `${name} ${value}`);
  return facts.join(', ');
}

function inWords({ sentence, since, until, evidence }: Waiting): string {
  const facts = factsOf(evidence);
  return [
    `Waiting: ${sentence}`,
    ...(since === null ? [] : [`since ${since}`]),
    ...(until === null ? [] : [`as far as is known until ${until}`]),
    ...(facts === '' ? [] : [facts]),
  ].join('; ');
}
