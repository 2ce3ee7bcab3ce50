import type { Decider } from '../decider';
import { decideAtTheEdge } from './decide-at-the-edge';
import { decideWorkerStep } from './decide-worker-step';
import type { InstanceCommand } from './instance.commands';
import type { InstanceEvent } from './instance.events';
import { evolve, INITIAL_STATE } from './instance.evolve';
import type { InstanceState } from './instance.state';

export function decide(command: InstanceCommand, state: InstanceState): readonly InstanceEvent[] {
  switch (command.type) {
    case 'RegisterInstance':
    case 'ReportHealth':
    case 'RequestUpgrade':
    case 'CancelUpgrade':
      return decideAtTheEdge(command, state);
    default:
      return decideWorkerStep(command, state);
  }
}

export const instanceDecider: Decider<InstanceCommand, InstanceState, InstanceEvent> = {
  initialState: INITIAL_STATE,
  decide,
  evolve,
};
