import { EventStoreUnavailableError, InstanceHistory } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { Metrics } from '@uplift/runtime';
import { INSTANCE_ID, registration, trigger } from '../testing/command-requests';
import { CommandDesk } from './command-desk';
import { CommandMetrics } from './command-metrics';
import { InstanceCommandHandler } from './instance-command.handler';

function deskOn(store: InMemoryEventStore) {
  const metrics = new Metrics('command-api');
  const handler = new InstanceCommandHandler(new InstanceHistory(store, 'command-api'));
  return { desk: new CommandDesk(handler, new CommandMetrics(metrics)), metrics };
}

class DeafStore extends InMemoryEventStore {
  override append(): Promise<never> {
    return Promise.reject(new EventStoreUnavailableError('no answer in time'));
  }
}

describe('CommandDesk', () => {
  it('refuses in a problem document that names rule, present status and what would be allowed', async () => {
    const { desk } = deskOn(new InMemoryEventStore());
    await desk.submit(registration());
    await desk.submit(trigger({ key: 'k1' }));

    await expect(desk.submit(trigger({ key: 'k2' }))).rejects.toMatchObject({
      problem: {
        type: '/problems#upgrade-in-flight',
        status: 409,
        instanceId: INSTANCE_ID,
        currentStatus: 'pending-pre-upgrade',
        allowedFrom: ['running-healthy-claimed', 'running-healthy-unclaimed'],
      },
    });
  });

  it('says 503 and "unknown" when the store does not answer', async () => {
    const { desk, metrics } = deskOn(new DeafStore());

    await expect(desk.submit(registration())).rejects.toMatchObject({
      problem: { status: 503, code: 'event-store-unavailable', retryable: true },
    });
    const { body } = await metrics.render();
    expect(body).toContain(
      'uplift_commands_total{command="RegisterInstance",door="http",outcome="unknown"} 1',
    );
  });

  it('counts by command, door and outcome', async () => {
    const { desk, metrics } = deskOn(new InMemoryEventStore());
    await desk.submit(registration());
    await desk.submit(registration());

    const { body } = await metrics.render();
    const counted = (outcome: string) =>
      `uplift_commands_total{command="RegisterInstance",door="http",outcome="${outcome}"} 1`;
    expect(body).toContain(counted('accepted'));
    expect(body).toContain(counted('repeated'));
    expect(body).toContain('uplift_command_duration_seconds_count');
  });
});
