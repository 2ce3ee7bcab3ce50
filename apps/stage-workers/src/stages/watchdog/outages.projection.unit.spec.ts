import type { InstanceEvent } from '@uplift/domain';
import { ORDER } from '../../testing/example-upgrade';
import { OutageProjection } from './outages.projection';

const ATTEMPT = { upgradeId: ORDER.upgradeId, attempt: 1 };
const EU = 'lagoon:eu-1';
const waits = (since = 's1', target = EU): InstanceEvent => ({
  type: 'WaitingFor',
  data: { ...ATTEMPT, target, since, stage: 'upgrade' },
});
const waited: InstanceEvent = {
  type: 'WaitEnded',
  data: { ...ATTEMPT, target: EU, waitedMs: 1 },
};
const failed: InstanceEvent = {
  type: 'UpgradeFailed',
  data: { ...ATTEMPT, reason: 'x', evidence: {}, retryable: true },
};
const answered: InstanceEvent = {
  type: 'DeploymentProgressed',
  data: { ...ATTEMPT, status: 'running', buildStep: null },
};
const opened: InstanceEvent = { type: 'UpgradePending', data: { workOrder: ORDER } };

function open() {
  const outages = new OutageProjection();
  const tell = (instanceId: string, event: InstanceEvent, at = 0, writtenBy = 'w') =>
    outages.record({ instanceId, event, at, writtenBy, isLive: true, eventId: 'e', revision: 0 });
  return { outages, tell };
}

describe('the projection of outages', () => {
  it('opens with the first instance that waits, and keeps its beginning', () => {
    const { outages, tell } = open();
    expect(outages.latest(EU)).toBeNull();
    tell('a', waits('s1'));
    tell('b', waits('s2'));
    expect(outages.latest(EU)).toMatchObject({ since: 's1', endedAt: null });
  });

  it('ends with the last that was given up on, and keeps for checkpoints what events say', () => {
    const { outages, tell } = open();
    tell('a', waits());
    tell('b', waits());
    const kept = [...outages.entries()];
    outages.giveUp('a', 5);
    expect(outages.latest(EU)).toMatchObject({ endedAt: null });
    expect(outages.latestToldByOthers(EU, 'b')).toBeNull();
    outages.giveUp('b', 4);
    expect(outages.latest(EU)).toMatchObject({ endedAt: 5 });
    expect([...outages.entries()]).toEqual(kept);
    tell('b', waits());
    expect(outages.latest(EU)).toMatchObject({ endedAt: null });
  });

  it('keeps cores apart', () => {
    const { outages, tell } = open();
    tell('a', waits());
    expect(outages.latest('lagoon:us-1')).toBeNull();
  });

  it('ends with the first instance that waits no more', () => {
    const { outages, tell } = open();
    tell('a', waits());
    tell('b', waits());
    tell('b', waited, 7);
    expect(outages.latest(EU)).toMatchObject({ endedAt: 7 });
    tell('a', waited, 9);
    expect(outages.latest(EU)).toMatchObject({ endedAt: 7 });
  });

  it('opens again with a wait that is told after the end', () => {
    const { outages, tell } = open();
    tell('a', waits('s1'));
    tell('a', waited, 7);
    tell('b', waits('s2'));
    expect(outages.latest(EU)).toMatchObject({ since: 's2', endedAt: null });
  });

  it.each([
    ['failed', failed],
    ['gone on', opened],
    ['been answered', answered],
    ['turned to another wait', waits('s3', 'admission:eu-1')],
  ])('is over when everyone who waited has %s', (_words, event) => {
    const { outages, tell } = open();
    tell('a', waits());
    tell('b', waits());
    tell('a', event, 5);
    expect(outages.latest(EU)).toMatchObject({ endedAt: null });
    tell('b', event, 6);
    expect(outages.latest(EU)).toMatchObject({ endedAt: 6 });
  });

  it('takes no evidence from the watchdog', () => {
    const { outages, tell } = open();
    tell('a', waits(), 0, 'w/watchdog');
    expect(outages.latest(EU)).toBeNull();
    tell('b', waits());
    tell('a', waited, 5, 'w/watchdog');
    expect(outages.latest(EU)).toMatchObject({ endedAt: null });
  });

  it('believes an instance about others, not about itself alone', () => {
    const { outages, tell } = open();
    tell('a', waits());
    expect(outages.latestToldByOthers(EU, 'a')).toBeNull();
    expect(outages.latestToldByOthers(EU, 'b')).toMatchObject({ endedAt: null });
    tell('b', waits());
    expect(outages.latestToldByOthers(EU, 'a')).toMatchObject({ endedAt: null });
  });
});
