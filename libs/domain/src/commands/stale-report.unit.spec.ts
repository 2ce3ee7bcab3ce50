import { command, EXAMPLE_COMMAND_DATA, event, OTHER_UPGRADE } from '../testing/examples';
import { given, HISTORY_INTO, WHOLE_UPGRADE } from '../testing/histories';
import type { InstanceCommandType, WorkerCommandType } from './instance.decider';
import { IN_FLIGHT_STATUSES } from '../status';
import { OPERATOR_COMMANDS } from './instance.decider';

const AT_THE_EDGE: readonly InstanceCommandType[] = ['RegisterInstance', ...OPERATOR_COMMANDS];
const reports = (Object.keys(EXAMPLE_COMMAND_DATA) as InstanceCommandType[]).filter(
  (type): type is WorkerCommandType => !AT_THE_EDGE.includes(type),
);

describe.each(reports)('a stale %s', (type) => {
  it.each(IN_FLIGHT_STATUSES)('of another upgrade is ignored in %s', (status) => {
    given(...HISTORY_INTO[status])
      .when(command(type, { upgradeId: OTHER_UPGRADE }))
      .thenNothing();
  });

  it.each(IN_FLIGHT_STATUSES)('of another attempt is ignored in %s', (status) => {
    given(...HISTORY_INTO[status])
      .when(command(type, { attempt: 2 }))
      .thenNothing();
  });

  it('is ignored after its upgrade has ended', () => {
    given(...WHOLE_UPGRADE)
      .when(command(type))
      .thenNothing();
  });

  it('is ignored by an instance that never was upgraded', () => {
    given(event('InstanceRegistered')).when(command(type)).thenNothing();
  });

  it('is refused for an instance nobody registered', () => {
    given().when(command(type)).thenRefused('instance-unknown');
  });
});
