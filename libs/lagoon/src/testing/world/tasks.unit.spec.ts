import type { Task } from './tasks';
import { taskViewOf } from './tasks';

const task: Task = {
  id: 1,
  environmentId: 1,
  name: 'marker pre',
  taskName: 'lagoon-task-1',
  service: 'cli',
  command: 'true',
  createdAt: 0,
  durationMs: 20_000,
  result: 'complete',
  end: null,
};

describe('a task walks to its end as the clock goes on', () => {
  it.each([
    [0, 'new'],
    [3000, 'pending'],
    [6000, 'running'],
    [20_000, 'complete'],
  ])('after %d ms it is %s', (now, status) => {
    expect(taskViewOf(task, now).status).toBe(status);
  });

  it('fails when it was told to', () => {
    expect(taskViewOf({ ...task, result: 'failed' }, 20_000).status).toBe('failed');
  });

  it('never ends when its service does not exist', () => {
    expect(taskViewOf({ ...task, result: 'lost' }, 9_999_999).status).toBe('pending');
  });
});
