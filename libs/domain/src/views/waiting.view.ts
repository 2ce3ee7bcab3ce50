import type { Evidence } from '../instance/instance.events';
import type { KnownInstance, RestingInstance, UpgradingInstance } from '../instance/instance.state';
import { workOrderOf } from '../instance/instance.state';
import type { UnsettledEffect } from '../instance/work-order';
import { stageOf } from '../commands/parking.commands';
import { isHealthy } from '../status';

/** What an instance waits for. */
export interface Waiting {
  /** In words, for people. */
  readonly sentence: string;
  /** As `WaitingFor` names it, or `operator`; null if a worker or Lagoon has it in hand. */
  readonly target: string | null;
  /** RFC 3339; null: with the newest event of the instance. */
  readonly since: string | null;
  /** RFC 3339: when it goes on, or is over, as far as that was told; null: nobody knows. */
  readonly until: string | null;
  readonly evidence: Evidence;
}

/** Null if the instance waits for nothing and nobody. */
export function waitingFor(state: KnownInstance): Waiting | null {
  const waits = state.kind === 'resting' ? waitAtRest(state) : waitInFlight(state);
  const isLeaving = workOrderOf(state)?.deregistration !== undefined && state.status !== 'removed';
  return waits && isLeaving
    ? { ...waits, sentence: `${waits.sentence}; then the instance is deregistered` }
    : waits;
}

/** A failed upgrade waits for a person, who may let what is still open come to its end first. */
function waitAtRest({ lastUpgrade, status }: RestingInstance): Waiting | null {
  const { unsettled = null, stage = null } = lastUpgrade ?? {};
  if (unsettled !== null) return waitForOutcome(unsettled, status);
  if (stage === null || isHealthy(status)) return null;
  const sentence = `the upgrade ended as ${status}: an operator has to retry it from ${stage}, or to accept the instance as it is`;
  return waiting('operator', sentence, { stage });
}

/** The outcome is looked for until an operator has accepted the instance as it is. */
function waitForOutcome({ marker, buildName }: UnsettledEffect, status: string): Waiting {
  const what = buildName ?? `the call marked ${marker}`;
  const sentence = status.endsWith('-failed')
    ? `nobody knows yet how ${what} ended: its outcome is looked for, and an operator can resolve it`
    : `nobody knows how ${what} ended: an operator has to resolve it before the app is upgraded again`;
  const target = buildName === null ? `call:${marker}` : `build:${buildName}`;
  return waiting(target, sentence, { marker });
}

function waitInFlight(state: UpgradingInstance): Waiting {
  const { workOrder, notes } = state;
  if (workOrder.parked) {
    return waiting(
      'operator',
      'an operator holds the instance: nothing is begun until it is let go',
    );
  }
  if (notes.waitingFor === null) return work(state);
  const { target, since, place, estimatedAt, until, evidence = {} } = notes.waitingFor;
  const known = { ...evidence, ...(place === undefined ? {} : { place }) };
  const sentence =
    place === undefined ? sentenceOf(target) : `${sentenceOf(target)}, at place ${place}`;
  return { target, sentence, since, until: until ?? estimatedAt ?? null, evidence: known };
}

const SENTENCES: Readonly<Record<string, (name: string) => string>> = {
  lagoon: (core) => `Lagoon core ${core} does not answer`,
  credentials: (core) => `Lagoon core ${core} does not accept the token of Uplift`,
  admission: (core) => `Lagoon core ${core} has no room for another deployment yet`,
  queue: (stage) => `the workers of ${stage} have others to do first`,
  switch: (what) =>
    what === 'system'
      ? 'an operator has stopped all starts'
      : `an operator has stopped all starts on Lagoon core ${what}`,
};

function sentenceOf(target: string): string {
  const [kind = '', ...name] = target.split(':');
  return SENTENCES[kind]?.(name.join(':')) ?? `it waits for ${target}`;
}

function work(state: UpgradingInstance): Waiting {
  const { parkedEventId: eventId } = state.notes;
  if (eventId !== null) {
    const sentence = `a worker gave up the handling of event ${eventId}: redrive it when its cause is mended`;
    return waiting('operator', sentence, { eventId });
  }
  return state.workOrder.cancelRequested ? ending(state) : step(state);
}

/** What a cancelled upgrade waits for. */
function ending(state: UpgradingInstance): Waiting {
  const { cancelWithoutEffect: name } = state.notes;
  if (name !== null) {
    const sentence = `Lagoon does not stop ${name}: the cancelled upgrade is over when that has ended by itself`;
    return waiting(null, sentence, { name });
  }
  const { sentence, ...rest } = step(state);
  return { ...rest, sentence: `the upgrade is cancelled and waits for its end: ${sentence}` };
}

/** What is under way in an upgrade that nothing holds up. */
function step(state: UpgradingInstance): Waiting {
  const { deployment, task, call, status } = state;
  if (deployment !== null) {
    const { buildName, status: buildStatus, buildStep } = deployment;
    const seen = [buildStatus ?? 'not seen yet', buildStep].filter(Boolean).join(', ');
    return waiting(null, `build ${buildName} in Lagoon (${seen})`, { buildName, buildStatus });
  }
  if (task !== null) {
    const { taskName } = task;
    return waiting(null, `task ${taskName} in Lagoon`, { taskName });
  }
  if (call !== null) {
    const sentence = `the outcome of call ${call.callNo} to Lagoon, marked ${call.marker}`;
    return waiting(null, sentence, { marker: call.marker, isAmbiguous: call.isAmbiguous });
  }
  if (status === 'post-upgrade-completed') {
    return waiting(null, 'the app has to prove its health');
  }
  const stage = stageOf(state);
  return waiting(null, `a worker of ${stage} has to take the next step`, { stage });
}

function waiting(target: string | null, sentence: string, evidence: Evidence = {}): Waiting {
  return { target, sentence, since: null, until: null, evidence };
}
