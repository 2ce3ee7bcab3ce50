import { scriptMarkerOf } from '../instance/work-order';
import { BUILD, command, event, LOCATED_ORDER } from '../testing/examples';
import { UNDEPLOYED, TIMED_OUT } from '../testing/failed-upgrades';
import { given, HISTORY_INTO } from '../testing/histories';

describe('ResolveOutcome', () => {
  const open = [
    ...HISTORY_INTO['pending-upgrade'],
    event('UpgradeStarted'),
    event('DeploymentRequested'),
  ];

  it.each([
    ['a call in flight', open],
    ['what an attempt left behind', TIMED_OUT],
  ])('asks for a look at %s', (_what, history) => {
    given(...history)
      .when(command('ResolveOutcome'))
      .then(event('OutcomeResolutionRequested'));
  });

  it.each([
    ['every call has its outcome', UNDEPLOYED],
    ['the build is known', HISTORY_INTO['upgrade-running']],
  ])('is refused if %s', (_what, history) => {
    given(...history)
      .when(command('ResolveOutcome'))
      .thenRefused('nothing-to-resolve');
  });

  const NOT_LANDED = { kind: 'not-landed' } as const;
  const none = { resolution: NOT_LANDED, adopted: null } as const;
  const { evidence } = event('OutcomeResolved').data;

  it('adopts a build in flight, which is followed from then on', () => {
    given(...open)
      .when(command('ConfirmResolution'))
      .then(event('OutcomeResolved'), event('DeploymentAccepted'));
  });

  it('ends an attempt in flight whose call did not take effect: a retry is free', () => {
    given(...open)
      .when(command('ConfirmResolution', none))
      .then(
        event('OutcomeResolved', { resolution: NOT_LANDED }),
        event('CallNotLanded', { evidence }),
        event('UpgradeFailed', { reason: 'call-not-landed', evidence, retryable: true }),
      );
  });

  it('ends a cancel whose call did not take effect as the cancel that it is', () => {
    given(...open, event('UpgradeCancelRequested'))
      .when(command('ConfirmResolution', none))
      .then(
        event('OutcomeResolved', { resolution: NOT_LANDED }),
        event('CallNotLanded', { evidence }),
        event('ScriptCancelled', {
          workOrder: { ...LOCATED_ORDER, cancelRequested: true, leftAt: 'upgrade' },
          step: 'upgrade',
          task: null,
        }),
      );
  });

  it('says nothing of a call that was made after the look at Lagoon', () => {
    const again = [event('CallNotLanded'), event('DeploymentRequested', { callNo: 2 })];
    given(...open, ...again)
      .when(command('ConfirmResolution', none))
      .thenNothing();
  });

  const deployed = [
    ...HISTORY_INTO['post-upgrade-running'],
    event('ScriptRequested', {
      step: 'post-upgrade',
      marker: scriptMarkerOf(LOCATED_ORDER, 'post-upgrade'),
    }),
  ];
  it.each([
    ['in flight', deployed],
    ['at rest', [...deployed, event('PostUpgradeFailed', { reason: 'stage-timed-out' })]],
  ])('says nothing of the first call of another effect, %s', (_where, history) => {
    given(...history)
      .when(command('ConfirmResolution'))
      .thenNothing();
    given(...history)
      .when(command('ConfirmResolution', none))
      .thenNothing();
  });

  it('takes up a build that was complete after all', () => {
    given(...TIMED_OUT)
      .when(command('ConfirmResolution'))
      .then(event('OutcomeResolved'), event('LateOutcomeObserved'), event('PostUpgradePending'));
  });

  it('records one that failed, or nothing, and leaves the retry to the operator', () => {
    given(...TIMED_OUT)
      .when(command('ConfirmResolution', { adopted: { phase: 'failed', task: null } }))
      .then(event('OutcomeResolved'), event('LateOutcomeObserved', { status: 'failed' }));
    given(...TIMED_OUT)
      .when(command('ConfirmResolution', none))
      .then(event('OutcomeResolved', { resolution: NOT_LANDED }));
  });

  it('is quiet about a call that has its outcome by now', () => {
    given(...HISTORY_INTO['upgrade-running'])
      .when(command('ConfirmResolution'))
      .thenNothing();
  });

  it('adopts nothing that still runs after the end: its outcome will be seen', () => {
    given(...TIMED_OUT)
      .when(command('ConfirmResolution', { adopted: { phase: 'active', task: null } }))
      .thenNothing();
  });

  it('says why a claim is not borne out', () => {
    given(...TIMED_OUT)
      .when(command('RefuseResolution'))
      .then(event('OutcomeResolutionRefused'));
  });

  it('names what nobody knows in the refusal of a retry', () => {
    const decision = () =>
      given(...TIMED_OUT)
        .when(command('RetryUpgrade'))
        .thenNothing();
    expect(decision).toThrow(BUILD);
  });
});
