import type { InstanceCommandOf } from './instance.commands';
import type { InstanceEvent } from './instance.events';
import type { UpgradingInstance } from './instance.state';

export type WaitCommand = InstanceCommandOf<'RecordWait' | 'EndWait'>;

/** One wait is told of once, and ended once. */
export function eventsOfWait(
  command: WaitCommand,
  { notes: { waitingFor } }: UpgradingInstance,
): readonly InstanceEvent[] {
  const isWaiting = command.data.target === waitingFor?.target;
  if (command.type === 'RecordWait') {
    return isWaiting ? [] : [{ type: 'WaitingFor', data: command.data }];
  }
  return isWaiting ? [{ type: 'WaitEnded', data: command.data }] : [];
}
