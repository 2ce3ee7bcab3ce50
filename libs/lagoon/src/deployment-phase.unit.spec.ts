import { completedWithWarnings, deploymentPhase, taskPhase } from './deployment-phase';

describe('a status ends a build or a task only with a known word', () => {
  it.each([
    ['new', 'active'],
    ['queued', 'active'],
    ['pending', 'active'],
    ['running', 'active'],
    ['building', 'active'],
    ['', 'active'],
    ['complete', 'complete'],
    ['COMPLETE', 'complete'],
    ['failed', 'failed'],
    ['error', 'failed'],
    ['cancelled', 'cancelled'],
  ])('%s is %s', (status, phase) => {
    expect(deploymentPhase(status)).toBe(phase);
    expect(taskPhase(status)).toBe(phase);
  });

  it('knows the older word of tasks', () => expect(taskPhase('succeeded')).toBe('complete'));

  it('sees warnings in the last step', () => {
    expect(completedWithWarnings('deployCompletedWithWarnings')).toBe(true);
    expect(completedWithWarnings('deployCompleted')).toBe(false);
    expect(completedWithWarnings(null)).toBe(false);
  });
});
