import { ALL_STARTS_ALLOWED } from '@uplift/domain';
import type { Limits } from '../testing/admission-fixture';
import { AdmissionFixture, MINUTE, never, SECOND, stopAll } from '../testing/admission-fixture';
import { ORDER } from '../testing/example-upgrade';

const CAP = 20;
const AGREED: Limits = { triggersPerHour: 60, triggerBurst: 20, buildsInFlight: CAP };
const NONE: Limits = { triggersPerHour: 0, triggerBurst: 0, buildsInFlight: 0 };
const STOP = { requestedBy: 'operator-7', reason: 'incident', since: 5 };
afterEach(() => stopAll());

describe('while starts are stopped', () => {
  it.each([
    ['of the system', { system: STOP, cores: {} }, 'switch:system'],
    ['of the core', { system: null, cores: { 'eu-1': STOP } }, 'switch:eu-1'],
  ])(
    'nobody is let in, everybody is told by whom and why: starts %s',
    async (_of, view, target) => {
      const fixture = new AdmissionFixture();
      const admission = await fixture.admission({ ...AGREED, buildsInFlight: 1 });
      const waiting = await fixture.requested(3);
      await fixture.trigger(admission, waiting[0]!);
      for (const id of waiting.slice(1)) void fixture.trigger(admission, id);
      await fixture.pass(2 * SECOND);
      fixture.switches = view;
      await fixture.pass(2 * SECOND);
      await fixture.finish(1);
      await fixture.pass(10 * MINUTE);
      expect(fixture.begun).toHaveLength(1);
      const evidence = { requestedBy: 'operator-7', reason: 'incident' };
      expect(fixture.holds.slice(-2)).toEqual([
        { target, since: 5, evidence },
        { target, since: 5, evidence },
      ]);
      expect(fixture.holds).toHaveLength(4);
      fixture.switches = ALL_STARTS_ALLOWED;
      await fixture.pass(2 * SECOND);
      expect(fixture.begun).toHaveLength(2);
      expect(fixture.holds.at(-1)?.target).toBe('admission:eu-1');
    },
  );

  it('those of another core go on', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission(AGREED);
    fixture.switches = { system: null, cores: { 'us-1': STOP } };
    const [id] = await fixture.requested(1);
    await fixture.trigger(admission, id!);
    expect(fixture.begun).toEqual([id]);
  });

  it('each waits by the name that it has for the core, whoever came first', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission(NONE);
    const profile = { ...ORDER.profile, core: 'europe' };
    const first = fixture.join(admission, 'i');
    const other = fixture.join(admission, 'k', { order: { ...ORDER, profile } });
    expect(await other.next(null, never())).toEqual({ kind: 'admitted' });
    other.giveBack();
    fixture.switches = { system: null, cores: { europe: STOP } };
    await fixture.pass(2 * SECOND);
    const held = other.next(null, never());
    expect(await first.next(null, never())).toEqual({ kind: 'admitted' });
    await fixture.pass(2 * SECOND);
    expect(await held).toMatchObject({ kind: 'held', hold: { target: 'switch:europe' } });
  });

  it.each([NONE, AGREED])('whoever was admitted before waits as well: %j', async (limits) => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission(limits);
    const entry = fixture.join(admission, 'i', { needsRoom: false });
    expect(await entry.next(null, never())).toEqual({ kind: 'admitted' });
    entry.giveBack();
    fixture.switches = { system: STOP, cores: {} };
    await fixture.pass(2 * SECOND);
    const held = entry.next(null, never());
    await fixture.pass(2 * SECOND);
    expect(await held).toMatchObject({ kind: 'held', hold: { target: 'switch:system' } });
    const looking = entry.next('switch:system', never());
    await fixture.pass(11 * SECOND);
    expect(await looking).toEqual({ kind: 'look' });
    const going = entry.next('switch:system', never());
    fixture.switches = ALL_STARTS_ALLOWED;
    await fixture.pass(2 * SECOND);
    expect(await going).toEqual({ kind: 'admitted' });
  });
});
