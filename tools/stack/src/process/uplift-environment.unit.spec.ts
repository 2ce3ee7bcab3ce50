import { readConfiguration } from '@uplift/runtime';
import { unusedSettings, upliftEnvironment } from './uplift-environment';

const SETTINGS = { UPLIFT_NATS_URL: 'nats://127.0.0.1:4222' };

describe('the environment of a process of Uplift', () => {
  it('has the given settings and no other of ours', () => {
    const inherited = { PATH: '/bin', UPLIFT_LOG_LEVEL: 'silent', UPLIFT_NATS_URL: 'nats://other' };
    expect(upliftEnvironment(SETTINGS, inherited)).toEqual({ PATH: '/bin', ...SETTINGS });
  });

  it('is accepted where the caller has a setting of the stack alone', () => {
    const inherited = { UPLIFT_NATS_SERVER: '/bin/nats-server' };
    expect(() => readConfiguration(['natsUrl'], { ...inherited, ...SETTINGS })).toThrow(
      'UPLIFT_NATS_SERVER',
    );
    expect(readConfiguration(['natsUrl'], upliftEnvironment(SETTINGS, inherited))).toEqual({
      natsUrl: SETTINGS.UPLIFT_NATS_URL,
    });
  });

  it('is that of this process unless another is given', () => {
    expect(upliftEnvironment({})).toHaveProperty('PATH', process.env.PATH);
  });
});

describe('the settings that a stack passes over', () => {
  it('are named, without their values', () => {
    const inherited = { UPLIFT_TOKEN: 'uplift_secret', UPLIFT_POSTGRES_URL: 'postgres://u:p@h/d' };
    const [line = '', ...more] = unusedSettings({ ...inherited, PATH: '/bin' });
    expect(more).toEqual([]);
    expect(line).toContain('UPLIFT_POSTGRES_URL, UPLIFT_TOKEN');
    expect(line).not.toMatch(/secret|u:p@h/);
  });

  it('are not those that it takes', () => {
    const taken = { UPLIFT_NATS_SERVER: '/bin/nats-server', UPLIFT_TEST_STORE_URL: 'esdb://h' };
    expect(unusedSettings(taken)).toEqual([]);
  });
});
