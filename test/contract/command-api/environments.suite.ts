import { COMMAND_SUBJECTS, environmentStream } from '@uplift/contracts';
import { environmentIdOf, loadOrEmpty } from '@uplift/event-store';
import type { TwoTransportCommand } from './both-transports';
import { overBus, overHttp, refusedByBoth, registerAt, triggerAt } from './both-transports';
import type { RunningCommandApi } from './running-command-api';
import { registrationOf } from './running-command-api';

const reason = 'moved to another project';

function deregisterAt(key: string, instanceId: string): TwoTransportCommand {
  return {
    key,
    http: { path: `/v1/instances/${instanceId}/deregister`, body: { reason } },
    bus: { subject: COMMAND_SUBJECTS.deregisterInstance, body: { instanceId, reason } },
  };
}

export function environmentsSuite(running: () => RunningCommandApi): void {
  describe('an environment', () => {
    let api: RunningCommandApi;

    beforeAll(() => {
      api = running();
    });

    const eventsOf = async (body: { readonly project: string; readonly environment: string }) => {
      const { project, environment } = body;
      const id = environmentIdOf({ core: 'default', project, environment });
      return (await loadOrEmpty(api.store, environmentStream(id))).map(({ type }) => type);
    };

    it('is one instance, over both transports: the second is told the first', async () => {
      const body = registrationOf('one-environment');
      const first = await overHttp(api, registerAt('env-1', body));
      const { instanceId } = first.document;

      for (const second of [body, { ...body, core: 'another-name' }]) {
        const refused = await refusedByBoth(api, registerAt('env-2', second));

        expect(refused).toMatchObject({
          status: 409,
          code: 'environment-taken',
          existingInstanceId: instanceId,
        });
      }
      expect(await eventsOf(body)).toEqual(['EnvironmentReserved']);
    });

    it('is the same for lines of an import', async () => {
      const body = registrationOf('imported-twice');
      const lines = [1, 2].map((n) => ({
        ...body,
        instanceId: `99999999-0000-4000-8000-00000000000${n}`,
      }));
      const response = await fetch(`${api.url}/v1/instances/import`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: lines.map((line) => JSON.stringify(line)).join('\n'),
      });

      const answers = (await response.text()).trim().split('\n');
      const codes = answers.map((line) => (JSON.parse(line) as { status: number }).status);
      expect(codes.sort()).toEqual([202, 409]);
    });

    it.each([
      ['HTTP', overHttp],
      ['the bus', overBus],
    ])('is free again once its instance is deregistered over %s', async (name, send) => {
      const body = registrationOf(`freed over ${name}`);
      const first = await send(api, registerAt(`freed-1-${name.length}`, body));
      const instanceId = String(first.document.instanceId);
      const command = deregisterAt('leave', instanceId);

      const left = await send(api, command);
      expect(left.document).toMatchObject({ status: 'removed', revision: 1 });
      expect((await send(api, command)).document).toEqual(left.document);
      expect((await api.eventsOf(instanceId)).map(({ type }) => type)).toEqual([
        'InstanceRegistered',
        'InstanceDeregistered',
      ]);

      const other = await send(api, registerAt(`freed-2-${name.length}`, body));
      expect(other.document).toMatchObject({ revision: 0 });
      await send(api, deregisterAt('leave', String(other.document.instanceId)));
      const back = await send(api, registerAt('back', { ...body, instanceId }));
      expect(back.document).toMatchObject({ instanceId, revision: 2 });
    });

    it('keeps its instance while an upgrade is in flight', async () => {
      const instanceId = await api.register('env-in-flight');
      await overHttp(api, triggerAt('u', instanceId, { reason }));

      expect(await refusedByBoth(api, deregisterAt('leave', instanceId))).toMatchObject({
        status: 409,
        code: 'upgrade-in-flight',
      });
    });
  });
}
