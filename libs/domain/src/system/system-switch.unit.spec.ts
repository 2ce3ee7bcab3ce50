import { fold } from '../decider';
import type { SystemCommand } from './system-switch';
import type { SystemEvent } from './system.events';
import {
  ALL_STARTS_ALLOWED,
  evolveSystemView,
  startsStoppedFor,
  systemDecider,
} from './system-switch';

const asked = { requestedBy: 'operator-7', reason: 'Lagoon is being upgraded' };
const stopped = (core: string | null): SystemEvent => ({
  type: 'StartsStopped',
  data: { core, ...asked },
});
const allowed = (core: string | null): SystemEvent => ({
  type: 'StartsAllowed',
  data: { core, ...asked },
});
const noted: SystemEvent = { type: 'CommandNoted', data: { command: 'StopStarts' } };
const stop = (core: string | null): SystemCommand => ({
  type: 'StopStarts',
  data: { core, ...asked },
});
const allow = (core: string | null): SystemCommand => ({
  type: 'AllowStarts',
  data: { core, ...asked },
});

const stateAfter = (...events: SystemEvent[]) => fold(systemDecider, events);
const decided = (command: SystemCommand, ...events: SystemEvent[]) =>
  systemDecider.decide(command, stateAfter(...events));

describe('the switch of all starts', () => {
  it.each([[null], ['eu-1'], ['__proto__']])('is turned off and on again for %s', (core) => {
    expect(decided(stop(core))).toEqual([stopped(core)]);
    expect(decided(allow(core), stopped(core))).toEqual([allowed(core)]);
    expect(stateAfter(stopped(core), allowed(core))).toEqual(ALL_STARTS_ALLOWED);
  });

  it.each([
    ['stopping what is stopped', stop(null), [stopped(null)]],
    ['stopping a core that is stopped', stop('eu-1'), [stopped('eu-1')]],
    ['allowing what is allowed', allow(null), []],
    ['allowing a core that is allowed', allow('eu-1'), [stopped('eu-1'), allowed('eu-1')]],
  ])('stays quiet on %s', (_what, command, history) => {
    expect(decided(command, ...history)).toEqual([]);
  });

  it('keeps the first stop, its person and its reason, until starts are allowed', () => {
    const state = stateAfter(stopped(null), noted);

    expect(state.system).toEqual(asked);
  });

  it('leaves the switches of the cores alone when the system is allowed', () => {
    const state = stateAfter(stopped('eu-1'), stopped(null), allowed(null));

    expect(startsStoppedFor(state, 'eu-1')).toEqual({ target: 'switch:eu-1', stop: asked });
    expect(startsStoppedFor(state, 'us-1')).toBeNull();
  });

  it('names the switch of the system first', () => {
    const state = stateAfter(stopped('eu-1'), stopped(null));

    expect(startsStoppedFor(state, 'eu-1')).toEqual({ target: 'switch:system', stop: asked });
    expect(startsStoppedFor(state, 'us-1')).toEqual({ target: 'switch:system', stop: asked });
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'knows no core that nobody named: %s',
    (core) => {
      expect(startsStoppedFor(ALL_STARTS_ALLOWED, core)).toBeNull();
    },
  );

  it('shows since when each stop holds', () => {
    const events = [stopped('eu-1'), noted, stopped(null), allowed('eu-1')];
    const view = events.reduce(
      (before, event, n) => evolveSystemView(before, { event, at: 1_000 + n }),
      ALL_STARTS_ALLOWED as Parameters<typeof evolveSystemView>[0],
    );

    expect(view).toEqual({ system: { ...asked, since: 1_002 }, cores: {} });
  });
});
