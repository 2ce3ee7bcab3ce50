import fc from 'fast-check';
import { fold } from '../decider';
import { isHealthy } from '../status';
import type { Turn } from '../testing/command-sequences';
import { commandSequences, decidedOrRefused, eventsOf } from '../testing/command-sequences';
import { command } from '../testing/examples';
import { MOST_CALLS } from './call.commands';
import type { InstanceCommand } from './instance.decider';
import { decide, instanceDecider } from './instance.decider';
import type { InstanceEvent } from '../instance/instance.events';
import { evolve, INITIAL_STATE, resume } from '../instance/instance.evolve';
import { claimIn, LIFECYCLE } from '../instance/instance.lifecycle';
import { isSamePlace } from '../instance/instance.profile';
import type { InstanceState, KnownInstance } from '../instance/instance.state';
import { workOrderOf } from '../instance/instance.state';

/** Many enough to reach what is rare, and always the same. */
const DRAWN = { seed: 1, numRuns: 600 };

/** Events of operators that no command of this build leads to. */
const OF_NO_COMMAND: readonly InstanceEvent['type'][] = ['CommandNoted', 'InstanceSnapshotTaken'];

/** Asked for again, they are done again: whoever repeats a request does so under its key. */
const MAY_BE_REPEATED = [
  'RedriveStage',
  'RedriveStalledStage',
  'NoteStillWaiting',
  'ResolveOutcome',
  'RefuseResolution',
];

/** Which labels an instance has is not in its state: whoever gives the command compares them. */
function mayBeRepeated({ type, data }: InstanceCommand): boolean {
  return MAY_BE_REPEATED.includes(type) || (type === 'UpdateInstance' && data.labels !== null);
}

const forAnySequence = (
  holds: (turns: readonly Turn[]) => void,
  parameters: fc.Parameters<[readonly Turn[]]> = {},
) => fc.assert(fc.property(commandSequences, holds), { numRuns: 150, ...parameters });

function statesAlong(events: readonly InstanceEvent[]): readonly InstanceState[] {
  let state = INITIAL_STATE;
  return events.map((event) => (state = evolve(state, event)));
}

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
    }, DRAWN);
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

  it('is drawn so that every event is reached that a command can lead to', () => {
    const seen = new Set<string>();
    forAnySequence((turns) => {
      for (const { type } of eventsOf(turns)) seen.add(type);
    }, DRAWN);
    expect([...seen, ...OF_NO_COMMAND].sort()).toEqual(Object.keys(LIFECYCLE).sort());
  });

  it('can be taken up from every opening event as well as from the whole stream', () => {
    forAnySequence((turns) => {
      const events = eventsOf(turns);
      const states = statesAlong(events);
      events.forEach((event, index) => {
        if (resume(event) !== null) expect(resume(event)).toEqual(states[index]);
      });
    });
  });

  it('changes nothing by a command that is repeated at once', () => {
    forAnySequence((turns) => {
      for (const { command, events, after } of turns) {
        const isDue = events.length > 0 && !mayBeRepeated(command);
        if (isDue) expect(decidedOrRefused(command, after)).toEqual([]);
      }
    });
  });
});

describe('a stale worker outcome', () => {
  it('changes nothing, whenever it comes again', () => {
    forAnySequence((turns) => {
      const now = turns.at(-1)?.after;
      for (const { command, before, after } of turns) {
        const isReport = before.kind === 'upgrading' && 'attempt' in command.data;
        const isOutcome = isReport && statusOf(before) !== statusOf(after);
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

describe('a call', () => {
  const isCall = ({ type }: InstanceEvent) =>
    type === 'DeploymentRequested' || type === 'ScriptRequested';
  const isProof = ({ type }: InstanceEvent) => type === 'CallNotLanded' || type === 'CallRefused';

  it('is repeated only after proof that the one before had no effect', () => {
    forAnySequence((turns) => {
      const seen = eventsOf(turns);
      seen.forEach(({ data }, index) => {
        if (!('marker' in data) || data.callNo === 1) return;
        const earlier = seen.slice(0, index).reverse();
        const previous = earlier.findIndex((each) => isCall(each));
        const between = earlier.slice(0, previous).filter(isProof);
        expect(earlier[previous]?.data).toMatchObject({ marker: data.marker });
        expect(between.at(-1)?.data).toMatchObject({ callNo: data.callNo - 1 });
      });
    });
  });

  it('is lost at most twice: a third that may land is never made', () => {
    forAnySequence((turns) => {
      for (const { after } of turns) {
        const call = after.kind === 'upgrading' ? after.call : null;
        expect(call?.notLanded ?? 0).toBeLessThan(MOST_CALLS);
      }
    });
  });

  it('is never made between a cancel and its end, but for the proof of health', () => {
    const isOfProof = ({ data }: InstanceEvent) => 'step' in data && data.step === 'verification';
    forAnySequence((turns) => {
      for (const { before, events } of turns) {
        if (before.kind !== 'upgrading' || !before.workOrder.cancelRequested) continue;
        const calls = events.filter(isCall);
        if (before.status !== 'post-upgrade-completed') expect(calls).toEqual([]);
        expect(calls.filter((call) => !isOfProof(call))).toEqual([]);
      }
    });
  });
});

describe('what an upgrade has deployed', () => {
  it('is never deployed again, unless an operator asks to redeploy', () => {
    let deployedTwice = 0;
    forAnySequence((turns) => {
      const deployed = new Set<string>();
      for (const { type, data } of eventsOf(turns)) {
        if (type === 'UpgradeCompleted') deployed.add(data.upgradeId);
        if (type === 'UpgradeRetried' && data.redeploy) deployed.delete(data.workOrder.upgradeId);
        if (type === 'UpgradeRetried' && data.redeploy) deployedTwice += 1;
        if (type === 'DeploymentRequested') expect(deployed).not.toContain(data.upgradeId);
      }
    }, DRAWN);
    expect(deployedTwice).toBeGreaterThan(0);
  });

  it('is never asked for while an earlier attempt has an intent without an outcome', () => {
    forAnySequence((turns) => {
      for (const { before, events } of turns) {
        const isOpen = before.kind === 'resting' && before.lastUpgrade?.unsettled != null;
        if (isOpen) expect(events.map(({ type }) => type)).not.toContain('UpgradeRetried');
      }
    }, DRAWN);
  });
});

const INTENT = /^(Script|Deployment|Variables)Requested$|^(Pre|Post)?UpgradeStarted$/;

describe('a parked instance', () => {
  it('is given no new effect, whatever is reported', () => {
    let seen = 0;
    forAnySequence((turns) => {
      for (const { before, events } of turns) {
        if (before.kind !== 'upgrading' || before.workOrder.parked === undefined) continue;
        seen += 1;
        for (const { type } of events) expect(type).not.toMatch(INTENT);
      }
    }, DRAWN);
    expect(seen).toBeGreaterThan(0);
  });
});

describe('an instance at rest', () => {
  it('has a way out of every status that an upgrade leaves it in', () => {
    forAnySequence((turns) => {
      for (const { after } of turns) {
        if (after.kind !== 'resting' || after.lastUpgrade === null) continue;
        if (after.status === 'removed') continue;
        const { upgradeId } = after.lastUpgrade.workOrder;
        const ways = [
          command('RequestUpgrade', { upgradeId: 'new', repair: true }),
          command('AbandonUpgrade', { upgradeId }),
          command('ResolveOutcome', { upgradeId }),
        ];
        expect(ways.flatMap((way) => decidedOrRefused(way, after))).not.toEqual([]);
      }
    });
  });
});

describe('the origin status', () => {
  it('survives from the request to the end of the upgrade, but for a claim; a repair that is cancelled may end where it began', () => {
    forAnySequence((turns) => {
      const origins = new Origins();
      for (const event of eventsOf(turns)) {
        origins.follow(event);
        const { type, data } = event;
        if (type !== 'InstanceVerifiedHealthy' && type !== 'UpgradeCancelled') continue;
        expect(origins.endsOf(data.upgradeId, type === 'UpgradeCancelled')).toContain(data.status);
      }
    });
  });

  it('is one fact: an instance changes its side of the claim axis by a claim alone', () => {
    const seen = { claims: 0, inFlight: 0 };
    forAnySequence((turns) => {
      let known: string | null = null;
      for (const { before, events, after } of turns) {
        if (after.kind === 'absent') continue;
        known = claimSaid(known, events);
        expectOneClaim(after, known);
        known = claimOf(after);
        const { length } = claimsIn(events);
        seen.claims += length;
        seen.inFlight += before.kind === 'upgrading' ? length : 0;
      }
    });
    expect(seen.claims).toBeGreaterThan(seen.inFlight);
    expect(seen.inFlight).toBeGreaterThan(0);
  });
});

/** What each upgrade began from, by the events so far. */
class Origins {
  private readonly origins = new Map<string, string>();
  private readonly repaired = new Map<string, string>();

  follow(event: InstanceEvent): void {
    const claim = claimIn(event);
    if (claim !== null) this.origins.forEach((_before, id) => this.origins.set(id, claim));
    if (!('workOrder' in event.data)) return;
    const { upgradeId, originStatus, repairs } = event.data.workOrder;
    expect(originStatus).toBe(this.origins.get(upgradeId) ?? originStatus);
    this.origins.set(upgradeId, originStatus);
    if (repairs) this.repaired.set(upgradeId, repairs);
  }

  endsOf(upgradeId: string, isCancelled: boolean) {
    return [this.origins.get(upgradeId), isCancelled && this.repaired.get(upgradeId)];
  }
}

function claimsIn(events: readonly InstanceEvent[]): readonly string[] {
  return events.map(claimIn).filter((claim) => claim !== null);
}

/** Nothing is known of the claim of an instance that is registered again. */
function claimSaid(known: string | null, events: readonly InstanceEvent[]): string | null {
  const isNew = events.some(({ type }) => type === 'InstanceRegistered');
  return claimsIn(events).at(-1) ?? (isNew ? null : known);
}

function expectOneClaim(state: KnownInstance, known: string | null): void {
  const claim = claimOf(state);
  expect(claim).toBe(known ?? claim);
  if (isHealthy(state.status)) expect(state.status).toBe(claim);
  const last = state.kind === 'resting' ? state.lastUpgrade : null;
  if (last !== null) expect(last.workOrder.originStatus).toBe(claim);
}

function claimOf(state: KnownInstance) {
  return state.kind === 'upgrading' ? state.workOrder.originStatus : state.claim;
}

describe('an update', () => {
  it('never reaches an attempt in flight, and all that begins after it', () => {
    const seen = { updatedInFlight: 0, takenUp: 0 };
    forAnySequence((turns) => {
      let due: object | null = null;
      for (const turn of turns) {
        due = profileNamed(turn.events) ?? due;
        expectProfile(turn, due);
        const { before, events, after } = turn;
        if (before.kind !== 'upgrading') continue;
        if (profileNamed(events) !== null) seen.updatedInFlight += 1;
        if (after.kind === 'resting' && before.workOrder.nextProfile) seen.takenUp += 1;
      }
    });
    expect(seen.updatedInFlight).toBeGreaterThan(0);
    expect(seen.takenUp).toBeGreaterThan(0);
  });

  it('takes an instance elsewhere only while nothing of it can still run where it is', () => {
    let moved = 0;
    forAnySequence((turns) => {
      for (const { before, after } of turns.filter(isMove)) {
        moved += 1;
        expect(before).toMatchObject({ kind: 'resting' });
        expect(unsettledOf(before)).toBeNull();
        expect(after).toMatchObject({ lastUpgrade: null });
      }
    });
    expect(moved).toBeGreaterThan(0);
  });
});

function profileNamed(events: readonly InstanceEvent[]): object | null {
  let named: object | null = null;
  for (const { type, data } of events) {
    if (type === 'InstanceRegistered' || type === 'InstanceUpdated') named = data.profile;
  }
  return named;
}

/** An attempt keeps the profile that it began with. */
function expectProfile({ before, after }: Turn, due: object | null): void {
  if (after.kind === 'resting') expect(after.profile).toEqual(due);
  if (after.kind !== 'upgrading') return;
  const begun = before.kind === 'upgrading' ? before.workOrder.profile : due;
  expect(after.workOrder.profile).toEqual(begun);
}

function isMove({ before, after }: Turn): boolean {
  if (before.kind === 'absent' || after.kind !== 'resting') return false;
  const isAgain = before.kind === 'resting' && before.status === 'removed';
  return !isAgain && !isSamePlace(profileOf(before), after.profile);
}

function profileOf(state: InstanceState) {
  if (state.kind === 'absent') throw new Error('it was never registered');
  return state.kind === 'upgrading' ? state.workOrder.profile : state.profile;
}

describe('a deregistration', () => {
  it('is carried out at the end of the upgrade it waits for, and never while something may still run', () => {
    const seen = { requested: 0, carriedOut: 0, delayed: 0 };
    forAnySequence((turns) => {
      for (const turn of turns) {
        const { events, after } = turn;
        const types = events.map(({ type }) => type);
        if (types.includes('DeregistrationRequested')) seen.requested += 1;
        if (types.includes('DeregistrationDelayed')) seen.delayed += 1;
        if (types.includes('InstanceDeregistered')) {
          expect(after).toMatchObject({ kind: 'resting', status: 'removed' });
          expect(unsettledOf(after)).toBeNull();
        }
        if (!isEndBeforeDeregistration(turn)) continue;
        const isUnsettled = unsettledOf(after) !== null;
        expect(isUnsettled || statusOf(after) === 'removed').toBe(true);
        if (!isUnsettled) seen.carriedOut += 1;
      }
    }, DRAWN);
    for (const times of Object.values(seen)) expect(times).toBeGreaterThan(0);
  });
});

function isEndBeforeDeregistration({ before, after }: Turn): boolean {
  if (before.kind === 'absent' || before.status === 'removed') return false;
  return Boolean(workOrderOf(before)?.deregistration) && after.kind === 'resting';
}

function unsettledOf(state: InstanceState) {
  return state.kind === 'resting' ? (state.lastUpgrade?.unsettled ?? null) : null;
}

function statusOf(state: InstanceState): string {
  return state.kind === 'absent' ? 'absent' : state.status;
}
