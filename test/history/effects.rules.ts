import type { StoredEvent } from '@uplift/contracts';
import { isInstanceStream, toInstanceEvent, unreadableReason } from '@uplift/contracts';
import type { InstanceEvent, InstanceEventOf } from '@uplift/domain';
import type { Breach, Facts, InstanceFacts } from './facts';
import { attemptOf, isForged } from './facts';
import type { LedgerEffect, Limits } from './run-history';

type Intent = InstanceEventOf<'DeploymentRequested'> | InstanceEventOf<'ScriptRequested'>;

/** With this begins every marker of ours in Lagoon. */
const OURS = 'uplift-';

/** I-13: one build for each attempt and one task for each script, unless the call was proved not to have landed. */
export function isBuiltOnce(facts: Facts, { landsInTime }: Limits): Breach[] {
  const proved = landsInTime ? NONE : provedNotLanded(facts);
  return [...effectsOf(facts)].flatMap(([subject, effects]) => {
    const calls = effects.filter(({ isCopy }) => isCopy !== true);
    if (calls.length <= 1 + (proved.get(subject) ?? 0)) return [];
    return [{ subject, what: `Lagoon has ${effects.length}: ${namesOf(effects)}` }];
  });
}

const NONE: ReadonlyMap<string, number> = new Map();

/** By marker, of how many calls: should one land later all the same, that is told (I-14). */
function provedNotLanded({ instances }: Facts): Map<string, number> {
  const proved = new Map<string, number>();
  for (const { state } of instances.flatMap(({ steps }) => steps)) {
    const call = state.kind === 'upgrading' ? state.call : null;
    if (call !== null && call.notLanded > 0) proved.set(call.marker, call.notLanded);
  }
  return proved;
}

/** I-13: no call is repeated before the one ahead of it was refused, or proved not to have landed. */
export function isRepeatedOnProof({ instances }: Facts): Breach[] {
  return instances.flatMap(({ steps }) => {
    const open = new Map<string, number>();
    return steps.flatMap(({ event }): Breach[] => {
      const attempt = attemptOf(event) ?? '';
      if (event.type === 'CallRefused' || event.type === 'CallNotLanded') open.delete(attempt);
      if (!isIntent(event)) return [];
      const { marker, callNo } = event.data;
      const before = open.get(attempt);
      open.set(attempt, callNo);
      if (before === undefined || callNo === 1) return [];
      return [{ subject: marker, what: `call ${callNo} was made while call ${before} may land` }];
    });
  });
}

/** I-14: of builds that carry one marker all are named in the store. */
export function isDuplicateTold(facts: Facts): Breach[] {
  const told = new Set(
    facts.instances.flatMap(({ steps }) =>
      steps.flatMap(({ event: { type, data } }) =>
        type === 'DuplicateBuildDetected' ? data.builds : [],
      ),
    ),
  );
  return [...buildsOf(facts)].flatMap(([subject, builds]) => {
    const untold = builds.filter(({ name }) => !told.has(name));
    if (builds.length === 1 || untold.length === 0) return [];
    return [{ subject, what: `nothing tells of ${namesOf(untold)} beside the others` }];
  });
}

/** I-15: what Lagoon did for us was written down before. */
export function isIntended(facts: Facts): Breach[] {
  const intents = intentsOf(facts);
  return [...effectsOf(facts)].flatMap(([subject, effects]) => {
    const first = intents.get(subject);
    if (first === undefined) return [{ subject, what: `no intent of ${namesOf(effects)}` }];
    const early = effects.filter(({ at }) => at !== undefined && at < first);
    return early.length === 0
      ? []
      : [{ subject, what: `${namesOf(early)} came before its intent` }];
  });
}

/** I-15: every intent has an outcome, be it that nobody knows. */
export function hasOutcome(facts: Facts): Breach[] {
  return facts.instances.flatMap(({ instanceId, steps }) => {
    const state = steps.at(-1)?.state;
    if (isForged(facts, instanceId)) return [];
    if (state?.kind !== 'upgrading' || state.call?.isOpen !== true) return [];
    const { marker, callNo } = state.call;
    return [{ subject: marker, what: `call ${callNo} has no outcome` }];
  });
}

/** I-17: nothing is begun once a cancel is accepted, and a cancel that lost says so. */
export function isCancelKept({ instances }: Facts): Breach[] {
  return instances.flatMap((instance) =>
    [...cancelsOf(instance)].flatMap(([subject, after]) => {
      const begun = after.find(isBegin);
      const isWell = after.some(({ type }) => type === 'InstanceVerifiedHealthy');
      return [
        ...(begun ? [{ subject, what: `${begun.type} came after the cancel` }] : []),
        ...(isWell ? [{ subject, what: 'succeeded, and nothing says so of the cancel' }] : []),
      ];
    }),
  );
}

/** From these on an upgrade whose cancel was accepted goes on. */
const SAYS_LOST: readonly string[] = [
  'UpgradeCancelTooLate',
  'LateOutcomeObserved',
  'UpgradeAbandoned',
  'OutcomeResolved',
];

/** Events of each attempt behind the cancel of it, as long as nothing says that it lost. */
function cancelsOf({ steps }: InstanceFacts): Map<string, InstanceEvent[]> {
  const cancelled = new Map<string, InstanceEvent[]>();
  const lost = new Set<string>();
  for (const { event } of steps) {
    const attempt = attemptOf(event);
    if (attempt === null) continue;
    if (SAYS_LOST.includes(event.type)) lost.add(attempt);
    else if (event.type === 'UpgradeCancelRequested') cancelled.set(attempt, []);
    else if (!lost.has(attempt)) cancelled.get(attempt)?.push(event);
  }
  return cancelled;
}

/** The task that proves an app's health changes nothing. */
function isBegin({ type, data }: InstanceEvent): boolean {
  if (type === 'ScriptRequested') return data.step !== 'verification';
  return type === 'DeploymentRequested' || type === 'VariablesRequested';
}

function isIntent(event: InstanceEvent): event is Intent {
  return event.type === 'DeploymentRequested' || event.type === 'ScriptRequested';
}

/** When each marker was written down first, by what the store has and by what it has lost. */
function intentsOf({ instances, lost }: Facts): Map<string, number> {
  const intents = new Map<string, number>();
  const add = (stored: StoredEvent, event: InstanceEvent) => {
    if (!isIntent(event) || intents.has(event.data.marker)) return;
    intents.set(event.data.marker, Date.parse(stored.recordedAt));
  };
  const readable = lost.filter((each) => isInstanceStream(each.stream) && !unreadableReason(each));
  for (const stored of readable) add(stored, toInstanceEvent(stored));
  for (const { stored, event } of instances.flatMap(({ steps }) => steps)) add(stored, event);
  return intents;
}

function buildsOf({ history: { ledger } }: Facts): Map<string, LedgerEffect[]> {
  return byMarker(ledger?.builds ?? []);
}

function effectsOf({ history: { ledger } }: Facts): Map<string, LedgerEffect[]> {
  return byMarker([...(ledger?.builds ?? []), ...(ledger?.tasks ?? [])]);
}

function byMarker(effects: readonly LedgerEffect[]): Map<string, LedgerEffect[]> {
  const groups = new Map<string, LedgerEffect[]>();
  for (const effect of effects.filter(({ marker }) => marker.startsWith(OURS))) {
    groups.set(effect.marker, [...(groups.get(effect.marker) ?? []), effect]);
  }
  return groups;
}

function namesOf(effects: readonly LedgerEffect[]): string {
  return effects.map(({ name }) => name).join(', ');
}
