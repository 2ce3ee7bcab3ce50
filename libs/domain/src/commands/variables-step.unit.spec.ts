import { command, event } from '../testing/examples';
import { given, HISTORY_INTO, ordering } from '../testing/histories';
import type { WorkOrder } from '../instance/work-order';

const FEATURE = { name: 'FEATURE_X', value: 'on', scope: 'RUNTIME' } as const;
const ORDER: Partial<WorkOrder> = { strategy: 'variables', target: { variables: [FEATURE] } };

const before = ordering(ORDER, HISTORY_INTO['pre-upgrade-running']);
const pending = ordering(ORDER, HISTORY_INTO['pending-upgrade']);
const requested = [...pending, event('VariablesRequested')];
const set = [...requested, event('VariablesSet')];

describe('RequestVariables', () => {
  it('announces by name what will be written, and keeps values to the work order', () => {
    given(...pending)
      .when(command('RequestVariables'))
      .then(event('VariablesRequested'));
  });

  it('is refused before the stage is open', () => {
    given(...before)
      .when(command('RequestVariables'))
      .thenRefused('step-not-reached');
  });

  it.each([requested, set])('is quiet when it was announced', (...history) => {
    given(...history)
      .when(command('RequestVariables'))
      .thenNothing();
  });

  it.each([
    ['another strategy', {}],
    ['variables without a target', { strategy: 'variables', target: null }],
    ['variables without a single one', { strategy: 'variables', target: { variables: [] } }],
  ] as const)('is quiet where nothing is to be written: %s', (_what, order) => {
    given(...ordering(order, HISTORY_INTO['pending-upgrade']))
      .when(command('RequestVariables'))
      .thenNothing();
  });
});

describe('RecordVariables', () => {
  it('says what was written and what was so before', () => {
    given(...requested)
      .when(command('RecordVariables'))
      .then(event('VariablesSet'));
  });

  it('is refused without an intent', () => {
    given(...pending)
      .when(command('RecordVariables'))
      .thenRefused('step-not-reached');
  });

  it('is quiet when they are known to be set', () => {
    given(...set)
      .when(command('RecordVariables'))
      .thenNothing();
  });

  it('is not asked for again when the stage is offered again: they are set', () => {
    given(...set, ...ordering(ORDER, [event('StageRedriven')]))
      .when(command('RequestVariables'))
      .thenNothing();
  });
});

describe('StartUpgrade with variables', () => {
  it.each([
    ['before they are asked for', pending],
    ['before they are set', requested],
  ])('is refused %s: the old ones would be rolled out', (_when, history) => {
    given(...history)
      .when(command('StartUpgrade'))
      .thenRefused('step-not-reached');
  });

  it('rolls them out once they are set', () => {
    given(...set)
      .when(command('StartUpgrade'))
      .then(event('UpgradeStarted'), event('DeploymentRequested'));
  });

  it('rolls out what is set already when none are named', () => {
    given(...ordering({ strategy: 'variables', target: null }, HISTORY_INTO['pending-upgrade']))
      .when(command('StartUpgrade'))
      .then(event('UpgradeStarted'), event('DeploymentRequested'));
  });
});
