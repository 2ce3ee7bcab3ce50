import { readConfiguration } from '@uplift/runtime';
import { developmentSettings } from './services';

describe('the settings of a stack for development', () => {
  it('hold nothing back', () => {
    const limits = ['triggersPerHour', 'buildsInFlight', 'lagoonRequestsPerSecond'] as const;
    expect(readConfiguration(limits, developmentSettings())).toEqual({
      triggersPerHour: 0,
      buildsInFlight: 0,
      lagoonRequestsPerSecond: 0,
    });
  });

  it('poll at the given pace whatever the age and state of a build', () => {
    const paces = ['pollIntervalMs', 'pollEarlyIntervalMs', 'pollQueuedIntervalMs'] as const;
    const given = { UPLIFT_POLL_INTERVAL_MS: '50' };
    expect(readConfiguration(paces, developmentSettings(given))).toEqual({
      pollIntervalMs: 50,
      pollEarlyIntervalMs: 50,
      pollQueuedIntervalMs: 50,
    });
  });

  it('give way to every setting that is given', () => {
    const given = { UPLIFT_TRIGGERS_PER_HOUR: '7', UPLIFT_POLL_EARLY_INTERVAL_MS: '3' };
    expect(developmentSettings(given)).toMatchObject(given);
  });
});
