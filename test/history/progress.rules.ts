import { opensStage, waitingFor } from '@uplift/domain';
import type { Breach, Facts, InstanceFacts, Step } from './facts';
import { attemptOf, isForged } from './facts';
import type { Limits } from './run-history';

const REDRIVES_BY_ITSELF = 3;

/** I-20: every upgrade has ended. */
export function isOver(facts: Facts): Breach[] {
  return facts.instances.flatMap(({ instanceId, steps }) => {
    const last = steps.at(-1);
    // Nobody goes on with an instance that somebody has tampered with.
    if (last?.state.kind !== 'upgrading' || isForged(facts, instanceId)) return [];
    const { status } = last.state;
    const waiting = waitingFor(last.state);
    const what = `is still ${status} after ${last.event.type}, waiting for: ${waiting?.sentence}`;
    return [{ subject: instanceId, what }];
  });
}

/** I-20: nothing stays without an event for long, unless it waits for something outside that it names. */
export function isNeverSilent({ instances }: Facts, { silenceMs }: Limits): Breach[] {
  if (silenceMs === undefined) return [];
  return instances.flatMap(({ instanceId: subject, steps }) =>
    steps.flatMap((step, n) => {
      const next = steps[n + 1];
      if (next === undefined || isExplained(step) || next.at - step.at <= silenceMs) return [];
      const seconds = Math.round((next.at - step.at) / 1000);
      return [{ subject, what: `nothing for ${seconds} s after ${step.event.type}` }];
    }),
  );
}

function isExplained({ state }: Step): boolean {
  return state.kind !== 'upgrading' || waitingFor(state)?.target != null;
}

/** I-22: a stage is offered again by itself three times at most. */
export function isRedrivenSeldom({ instances }: Facts): Breach[] {
  return instances.flatMap(redrivenTooOften);
}

function redrivenTooOften({ steps }: InstanceFacts): Breach[] {
  let inARow = 0;
  return steps.flatMap(({ event }): Breach[] => {
    if (opensStage(event)) inARow = 0;
    if (event.type !== 'StageRedriven' || event.data.requestedBy !== undefined) return [];
    inARow += 1;
    if (inARow !== REDRIVES_BY_ITSELF + 1) return [];
    const { stage } = event.data;
    return [{ subject: attemptOf(event) ?? '', what: `${stage} was redriven ${inARow} times` }];
  });
}
