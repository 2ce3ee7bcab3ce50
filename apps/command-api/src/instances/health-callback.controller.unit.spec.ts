import { ANYBODY, identify } from '@uplift/access';
import { InstanceHistory, loadOrEmpty } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { instanceStream } from '@uplift/contracts';
import type { HttpRequest } from '../http/http-exchange';
import {
  commandServiceOn,
  INSTANCE_ID,
  refusedWith,
  registration,
  report,
} from '../testing/command-requests';
import { CallbackLimiter } from './callback-limiter';
import { HealthCallbackController } from './health-callback.controller';
import { InstanceCommands } from './instance-commands';

async function setUp() {
  const store = new InMemoryEventStore();
  const { service, environments, limits } = commandServiceOn(store);
  await service.execute(registration());
  const controller = new HealthCallbackController(
    new InstanceHistory(store, 'command-api', {}),
    new InstanceCommands(service, environments, limits),
    new CallbackLimiter(new VirtualClock()),
    new SeededRandomness(2),
  );
  const call = async (status: string, headers: Record<string, string> = {}) => {
    const request = { headers } as unknown as HttpRequest;
    identify(request, ANYBODY.http);
    return controller.healthCallbackByPost({ uuid: INSTANCE_ID, status }, request);
  };
  const types = async () =>
    (await loadOrEmpty(store, instanceStream(INSTANCE_ID))).map(({ type }) => type);
  return { service, call, types };
}

describe('the key of a report', () => {
  it('is that of its own, whatever key the request names', async () => {
    const { service, call } = await setUp();
    await call('running-unhealthy', { 'idempotency-key': 'k1' });
    const command = report('k1', 'running-healthy-claimed');
    expect(await service.execute(command)).toMatchObject({ outcome: 'accepted' });
  });
});

describe('reports of one instance', () => {
  it('append nothing while they say what is known', async () => {
    const { call, types } = await setUp();
    for (let n = 0; n < 5; n += 1) await call('running-unhealthy', { 'idempotency-key': `k${n}` });
    expect(await types()).toEqual(['InstanceRegistered', 'HealthReported']);
  });

  it('are refused before anything is read when there are too many', async () => {
    const { call, types } = await setUp();
    for (let n = 0; n < 12; n += 1) await call('running-healthy-claimed');
    await expect(call('running-unhealthy')).rejects.toMatchObject(
      refusedWith('too-many-callbacks'),
    );
    await expect(call('nonsense')).rejects.toMatchObject(refusedWith('too-many-callbacks'));
    expect(await types()).toEqual(['InstanceRegistered']);
  });
});
