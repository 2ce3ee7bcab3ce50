import { event, ATTEMPT, BUILD, FAILURE, TASK, WORK_ORDER, WORKER } from '../testing/examples';
import { FIRST_TIME, INSTANCE_ID, recorded } from '../testing/histories';
import type { InstanceEvent } from '../instance/instance.events';
import { eventOf } from '../instance/instance.events';
import type { InstanceStatus } from '../status';
import { timelineEntry } from './timeline.view';

const LATE = { startedAt: '2026-03-01T10:00:00.250Z' };

function entryOf(before: InstanceStatus | null, single: InstanceEvent) {
  return recorded([single]).map((each) => timelineEntry(before, each))[0];
}

describe('a line of the timeline', () => {
  it('names the event, when it came and what it led to', () => {
    expect(entryOf('pending-pre-upgrade', event('PreUpgradeStarted'))).toEqual({
      instanceId: INSTANCE_ID,
      revision: 0,
      eventId: 'event-0',
      at: FIRST_TIME,
      eventType: 'PreUpgradeStarted',
      status: 'pre-upgrade-running',
      upgradeId: ATTEMPT.upgradeId,
      note: WORKER,
    });
  });

  it('of a registration needs no status before it and belongs to no upgrade', () => {
    expect(entryOf(null, event('InstanceRegistered'))).toMatchObject({
      status: 'running-healthy-claimed',
      upgradeId: null,
      note: null,
    });
  });

  it('keeps the status when the event is no transition', () => {
    const entry = entryOf('upgrade-running', event('DeploymentAccepted'));
    expect(entry).toMatchObject({ status: 'upgrade-running', note: BUILD });
  });

  it.each([
    [event('UpgradeFailed'), FAILURE.reason],
    [event('PreUpgradeStarted', LATE), `${WORKER}, since ${LATE.startedAt}`],
    [event('PostUpgradeStarted', LATE), `${WORKER}, since ${LATE.startedAt}`],
    [event('PostUpgradeStarted'), WORKER],
    [event('PreUpgradeCompleted'), null],
    [event('PreUpgradeCompleted', { activeMs: 250 }), 'after 250 ms'],
    [event('PostUpgradeCompleted', { activeMs: 250 }), 'after 250 ms'],
    [event('UpgradeCompleted'), BUILD],
    [event('DeploymentProgressed'), 'running: Image Build'],
    [event('DeploymentProgressed', { buildStep: null }), 'running'],
    [event('DeploymentAccepted'), BUILD],
    [event('DeploymentSuperseded'), 'lagoon-build-zzz'],
    [event('DuplicateBuildDetected'), `${BUILD}, lagoon-build-zzz`],
    [event('BuildNotVisible'), BUILD],
    [event('BuildNotStarted'), `${BUILD} is still new`],
    [event('DeploymentCancelled'), BUILD],
    [event('UpgradeCancelTooLate'), BUILD],
    [event('LateOutcomeObserved'), `${BUILD} ended as complete`],
    [event('DeploymentRequested', { callNo: 2 }), 'call 2'],
    [event('ScriptRequested', { callNo: 2 }), 'call 2'],
    [event('CallAmbiguous'), 'call 1'],
    [event('CallRefused'), 'call 1'],
    [event('CallNotLanded'), 'call 1'],
    [event('ScriptAccepted'), TASK.taskName],
    [event('VariablesRequested'), 'FEATURE_X'],
    [event('VariablesSet'), '1 written, 0 unchanged'],
    [event('WaitingFor'), 'lagoon:eu-1'],
    [event('WaitEnded'), 'lagoon:eu-1'],
    [
      event('StillWaiting', { target: 'admission:eu-1', changed: { place: 7 } }),
      'admission:eu-1, place 7',
    ],
    [event('WaitingFor', { target: 'admission:eu-1', place: 12 }), 'admission:eu-1, place 12'],
    [event('UpgradeRequested'), 'security release (operator-7)'],
    [event('UpgradeCancelRequested'), 'security release (operator-7)'],
    [event('UpgradeAbandoned'), 'security release (operator-7)'],
    [event('InstanceParked'), 'security release (operator-7)'],
    [event('InstanceUnparked'), 'security release (operator-7)'],
    [event('UpgradePrioritized'), 'urgent: security release (operator-7)'],
    [event('UpgradeRetried'), 'from upgrade: security release (operator-7)'],
    [
      event('UpgradeRetried', { redeploy: true }),
      'from upgrade, deploying again: security release (operator-7)',
    ],
    [
      eventOf('StageRedriven', { workOrder: WORK_ORDER, stage: 'upgrade', n: 2 }),
      'upgrade, redrive 2',
    ],
    [
      event('StageRedriven', { stage: 'upgrade', n: 2, requestedBy: 'op', reason: 'r' }),
      'upgrade, redrive 2: r (op)',
    ],
    [
      event('OutcomeResolutionRequested', { resolution: { kind: 'adopt', buildName: BUILD } }),
      `adopt ${BUILD}: security release (operator-7)`,
    ],
    [event('OutcomeResolved', { resolution: { kind: 'not-landed' } }), 'it did not land'],
    [
      event('OutcomeResolutionRefused', { resolution: { kind: 'not-landed' }, reason: 'r' }),
      'it did not land: r',
    ],
    [event('StageParked', { reason: 'TypeError' }), 'TypeError'],
    [
      event('StageParked', { reason: 'TypeError', eventType: 'UpgradePending', detail: 'no map' }),
      'TypeError: UpgradePending: no map',
    ],
    [
      event('UpgradeExpired', { startBy: '2026-12-01T06:00:00.000Z' }),
      'not begun by 2026-12-01T06:00:00.000Z',
    ],
    [event('StageTimedOut', { stage: 'upgrade', limitMs: 5 }), 'upgrade took more than 5 ms'],
    [event('HealthEvidenceRecorded', { status: 'running-unhealthy' }), 'running-unhealthy'],
    [event('CommandNoted', { command: 'ParkInstance' }), 'ParkInstance'],
    [event('UpgradeCancelled'), null],
    [event('PostUpgradePending'), null],
  ] as const)('notes what is worth knowing: %j', (single, note) => {
    expect(entryOf('upgrade-running', single)).toMatchObject({ note });
  });
});
