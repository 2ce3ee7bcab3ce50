import fc from 'fast-check';
import { fold } from '../decider';
import { isHealthy } from '../status';
import type { Turn } from '../testing/command-sequences';
import { commandSequences, eventsOf } from '../testing/command-sequences';
import { decide, instanceDecider } from './instance.decider';
import type { InstanceEvent } from './instance.events';
import type { OpeningEvent } from './instance.evolve';
import { resume } from './instance.evolve';
import type { InstanceState } from './instance.state';

const OPENING: readonly InstanceEvent['type'][] = [
  'UpgradeRequested',
  'UpgradePending',
  'DeploymentAccepted',
  'PostUpgradePending',
  'PostUpgradeCompleted',
];
const isOpening = (event: InstanceEvent): event is OpeningEvent => OPENING.includes(event.type);

const forAnySequence = (holds: (turns: readonly Turn[]) => void, seed?: number) => {
  const fixed = seed === undefined ? {} : { seed };
  fc.assert(fc.property(commandSequences, holds), { numRuns: 150, ...fixed });
};

const statesAlong = (events: readonly InstanceEvent[]): readonly InstanceState[] =>
  events.map((_, index) => fold(instanceDecider, events.slice(0, index + 1)));

describe('any sequence of commands', () => {
  it('is a legal path, and the fold of its events is the state', () => {
    forAnySequence((turns) => {
      expect(fold(instanceDecider, eventsOf(turns))).toEqual(turns.at(-1)?.after);
    });
  });

  it('is drawn so that every status of the path is reached', () => {
    const seen = new Set<string>();
    forAnySequence((turns) => {
      for (const { after } of turns) if (after.kind === 'upgrading') seen.add(after.status);
    }, 1);
    expect([...seen].sort()).toEqual([
      'pending-post-upgrade',
      'pending-pre-upgrade',
      'pending-upgrade',
      'post-upgrade-completed',
      'post-upgrade-running',
      'pre-upgrade-running',
      'upgrade-running',
    ]);
  });

  it('can be taken up from every opening event as well as from the whole stream', () => {
    forAnySequence((turns) => {
      const events = eventsOf(turns);
      const states = statesAlong(events);
      events.forEach((event, index) => {
        if (isOpening(event)) expect(resume(event)).toEqual(states[index]);
      });
    });
  });

  it('changes nothing by a command that is repeated at once', () => {
    forAnySequence((turns) => {
      for (const { command, events, after } of turns) {
        if (events.length > 0) expect(decide(command, after)).toEqual([]);
      }
    });
  });
});

describe('a stale worker outcome', () => {
  it('changes nothing, whenever it comes again', () => {
    forAnySequence((turns) => {
      const now = turns.at(-1)?.after;
      for (const { command, before, after } of turns) {
        const isOutcome = before.kind === 'upgrading' && statusOf(before) !== statusOf(after);
        if (isOutcome && now) expect(decide(command, now)).toEqual([]);
      }
    });
  });

  it('changes nothing when it speaks of another upgrade or another attempt', () => {
    forAnySequence((turns) => {
      for (const { command, before, after } of turns) {
        if (before.kind !== 'upgrading' || !('attempt' in command.data)) continue;
        const { upgradeId, attempt } = before.workOrder;
        const isOurs = command.data.upgradeId === upgradeId && command.data.attempt === attempt;
        if (!isOurs) expect(after).toBe(before);
      }
    });
  });
});

describe('the origin status', () => {
  it('survives from the request to the end of the upgrade', () => {
    forAnySequence((turns) => {
      const origins = new Map<string, string>();
      for (const { type, data } of eventsOf(turns)) {
        if ('workOrder' in data) {
          const { upgradeId, originStatus } = data.workOrder;
          expect(originStatus).toBe(origins.get(upgradeId) ?? originStatus);
          origins.set(upgradeId, originStatus);
        }
        if (type === 'InstanceVerifiedHealthy') {
          expect(data.status).toBe(origins.get(data.upgradeId));
        }
      }
    });
  });

  it('is never crossed: an instance is claimed or unclaimed for good', () => {
    forAnySequence((turns) => {
      const healthy = turns.map(({ after }) => statusOf(after)).filter(isHealthy);
      expect(new Set(healthy).size).toBeLessThanOrEqual(1);
    });
  });
});

function statusOf(state: InstanceState): string {
  return state.kind === 'absent' ? 'absent' : state.status;
}
