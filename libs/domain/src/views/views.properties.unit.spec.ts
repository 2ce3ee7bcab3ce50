import fc from 'fast-check';
import { evolve, INITIAL_STATE } from '../instance/instance.evolve';
import type { InstanceState } from '../instance/instance.state';
import { commandSequences, eventsOf } from '../testing/command-sequences';
import { recorded } from '../testing/histories';
import type { InstanceView } from './instance.view';
import { evolveInstanceView } from './instance.view';
import type { RecordedInstanceEvent } from '../instance/instance.events';
import { upgradeIdOf } from '../instance/instance.events';
import { timelineEntry } from './timeline.view';
import { evolveUpgradeView } from './upgrade.view';
import type { UpgradeView } from './upgrade.view';

interface Moment {
  readonly recorded: RecordedInstanceEvent;
  readonly state: InstanceState;
  readonly instance: InstanceView;
  readonly upgrades: ReadonlyMap<string, UpgradeView>;
}

function momentsOf(events: readonly RecordedInstanceEvent[]): readonly Moment[] {
  let state = INITIAL_STATE;
  let instance: InstanceView | null = null;
  const upgrades = new Map<string, UpgradeView>();
  return events.map((each) => {
    state = evolve(state, each.event);
    instance = evolveInstanceView(instance, each);
    const id = upgradeIdOf(each.event);
    const upgrade = id === null ? null : evolveUpgradeView(upgrades.get(id) ?? null, each);
    if (upgrade !== null) upgrades.set(upgrade.upgradeId, upgrade);
    return { recorded: each, state, instance, upgrades: new Map(upgrades) };
  });
}

const atAnyMoment = (holds: (moment: Moment) => void) => {
  const sequences = commandSequences.map((turns) => momentsOf(recorded(eventsOf(turns))));
  fc.assert(
    fc.property(sequences, (moments) => moments.forEach(holds)),
    { numRuns: 100 },
  );
};

const inFlightIn = (state: InstanceState) =>
  state.kind === 'upgrading' ? state.workOrder.upgradeId : null;

describe('the views, after every event of any history', () => {
  it('show the status of the state, and the upgrade in flight', () => {
    atAnyMoment(({ state, instance, recorded: { revision } }) => {
      const status = state.kind === 'absent' ? null : state.status;
      expect(instance).toMatchObject({ status, revision, currentUpgradeId: inFlightIn(state) });
    });
  });

  it('hold the state that commands are decided on', () => {
    atAnyMoment(({ state, instance }) => expect(instance.state).toEqual(state));
  });

  it('show as in flight the one upgrade that is', () => {
    atAnyMoment(({ state, upgrades }) => {
      const inFlight = [...upgrades.values()].filter(({ outcome }) => outcome === 'in-flight');
      const current = inFlightIn(state);
      expect(inFlight.map(({ upgradeId }) => upgradeId)).toEqual(current === null ? [] : [current]);
    });
  });

  it('show the build that is followed, and what was seen of it', () => {
    atAnyMoment(({ state, upgrades }) => {
      if (state.kind !== 'upgrading' || state.deployment === null) return;
      const { buildName, status, buildStep } = state.deployment;
      const shown = upgrades.get(state.workOrder.upgradeId);
      expect(shown).toMatchObject({ buildName, buildStatus: status, buildStep });
    });
  });

  it('end an upgrade if and only if it has an outcome, with all its stages', () => {
    atAnyMoment(({ upgrades }) => {
      for (const { outcome, endedAt, stage, stages, failure } of upgrades.values()) {
        const isOver = outcome !== 'in-flight';
        expect(endedAt !== null).toBe(isOver);
        expect(stage === null).toBe(isOver);
        expect(failure !== null).toBe(outcome === 'failed');
        if (isOver)
          expect(Object.values(stages).every((times) => times.endedAt !== null)).toBe(true);
      }
    });
  });

  it('agree on why the newest upgrade failed', () => {
    atAnyMoment(({ instance, upgrades }) => {
      const newest = upgrades.get(instance.lastUpgradeId ?? '');
      expect(instance.failureReason).toBe(newest?.failure?.reason ?? null);
    });
  });

  it('agree with the timeline', () => {
    fc.assert(
      fc.property(commandSequences, (turns) => {
        let before: InstanceView | null = null;
        for (const each of recorded(eventsOf(turns))) {
          const entry = timelineEntry(before?.status ?? null, each);
          before = evolveInstanceView(before, each);
          expect(entry.status).toBe(before.status);
        }
      }),
    );
  });
});
