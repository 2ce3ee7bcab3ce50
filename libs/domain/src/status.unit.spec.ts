import type { InstanceStatus } from './status';
import {
  HEALTHY_STATUSES,
  INSTANCE_STATUSES,
  isHealthy,
  isInstanceStatus,
  isRunning,
  labelOf,
} from './status';

describe('instance statuses', () => {
  it('are the 61 of Polydock, each once', () => {
    expect(INSTANCE_STATUSES).toHaveLength(61);
    expect(new Set(INSTANCE_STATUSES).size).toBe(61);
  });

  it('are recognised by their exact text only', () => {
    expect(INSTANCE_STATUSES.every(isInstanceStatus)).toBe(true);
    expect(['', 'New', 'pre-upgrade', 'purge-completed'].some(isInstanceStatus)).toBe(false);
  });

  it('hold four running ones, two of them healthy', () => {
    expect(INSTANCE_STATUSES.filter(isRunning)).toEqual([
      'running-healthy-unclaimed',
      'running-healthy-claimed',
      'running-unhealthy',
      'running-unresponsive',
    ]);
    expect(INSTANCE_STATUSES.filter(isHealthy).sort()).toEqual([...HEALTHY_STATUSES].sort());
  });
});

describe('a status label', () => {
  it.each([
    ['new', 'New'],
    ['removed', 'Removed'],
    ['pending-purge', 'Pending purge'],
    ['purge-running', 'Purge running'],
    ['purge-failed', 'Purge failed'],
    ['pending-polydock-claim', 'Pending polydock claim'],
    ['polydock-claim-running', 'Polydock claim running'],
    ['polydock-claim-completed', 'Polydock claim completed'],
    ['polydock-claim-failed', 'Polydock claim failed'],
    ['running-healthy-unclaimed', 'Running healthy (unclaimed)'],
    ['running-healthy-claimed', 'Running healthy (claimed)'],
    ['running-unhealthy', 'Running unhealthy'],
    ['running-unresponsive', 'Running unresponsive'],
  ] as const)('of %s is "%s"', (status, label) => {
    expect(labelOf(status)).toBe(label);
  });

  it('is made of the words of a status that a later build has written, too', () => {
    expect(labelOf('archive-running' as InstanceStatus)).toBe('Archive running');
  });

  it.each([
    'pre-create',
    'create',
    'post-create',
    'pre-deploy',
    'deploy',
    'post-deploy',
    'pre-upgrade',
    'upgrade',
    'post-upgrade',
    'pre-remove',
    'remove',
    'post-remove',
  ] as const)('keeps the hyphen of stage %s and spells out the rest', (stage) => {
    const name = stage.charAt(0).toUpperCase() + stage.slice(1);
    expect(labelOf(`pending-${stage}`)).toBe(`Pending ${stage}`);
    expect(labelOf(`${stage}-running`)).toBe(`${name} running`);
    expect(labelOf(`${stage}-completed`)).toBe(`${name} completed`);
    expect(labelOf(`${stage}-failed`)).toBe(`${name} failed`);
  });

  it('exists for every status, and no two share one', () => {
    expect(new Set(INSTANCE_STATUSES.map(labelOf)).size).toBe(INSTANCE_STATUSES.length);
  });
});
