import { randomUUID } from 'node:crypto';
import { BUS_COMMAND_SUBJECTS, QUERY_SUBJECTS, querySchema } from '@uplift/contracts';
import type { ProblemDetails, QueryName } from '@uplift/contracts';
import type { FleetInstance } from '../support/fleet';
import { makeFleet, registrationOf } from '../support/fleet';
import { expectBusIsStore, expectSoundAudit } from '../support/run-checks';
import type { RunningUplift } from '../support/running-uplift';
import type { Accepted } from '../support/uplift-client';
import { problemOf } from '../support/uplift-client';
import type { RawReply } from './plain-clients';
import { receiveEvents, requestByHand } from './plain-clients';

const SUBJECTS = [...Object.values(BUS_COMMAND_SUBJECTS), ...Object.values(QUERY_SUBJECTS)];

/** They may be asked with nothing at all. */
const OPEN_QUERIES = (Object.keys(QUERY_SUBJECTS) as QueryName[])
  .filter((name) => !(querySchema(name) as { required?: readonly string[] }).required?.length)
  .map((name): string => QUERY_SUBJECTS[name]);

const GARBAGE: readonly (readonly [string, Uint8Array | string])[] = [
  ['bytes that are no text', Uint8Array.from([0xff, 0x00, 0xfe, 0x80])],
  ['text that is no JSON', 'upgrade it, please'],
  ['truncated JSON', '{"instanceId": "'],
  ['a list', '[1, 2, 3]'],
  ['null', 'null'],
  ['foreign fields', '{"__proto__": {"admin": true}, "constructor": 1, "surprise": true}'],
  ['wrong types', '{"instanceId": 7, "reason": {}, "limit": "many", "upgradeId": []}'],
];
const NOTHING = ['', '{"pattern": "x", "id": 1}'];

export function publicInterfacesSuite(running: () => RunningUplift): void {
  describe('the public interfaces', () => {
    let uplift: RunningUplift;

    beforeAll(() => {
      uplift = running();
    });

    const placeOne = async (): Promise<FleetInstance> => {
      const fleet = makeFleet(1);
      await uplift.place(fleet);
      return fleet[0]!;
    };

    const byHand = (
      subject: string,
      payload: Uint8Array | string,
      headers?: Record<string, string>,
    ) => requestByHand(uplift.stack.url('nats'), subject, payload, headers);

    const contentOf = <T>({ body }: RawReply) => JSON.parse(body) as T;

    it('answer plain JSON that was typed by hand, from the first command to the finished upgrade', async () => {
      const [instance] = makeFleet(1) as [FleetInstance];
      await uplift.lagoon.place([instance]);
      const registered = await byHand(
        BUS_COMMAND_SUBJECTS.registerInstance,
        JSON.stringify(registrationOf(instance)),
        { 'Idempotency-Key': randomUUID() },
      );
      expect(contentOf(registered)).toMatchObject({ instanceId: instance.instanceId, revision: 0 });
      const triggered = await byHand(
        'trigger_upgrade',
        JSON.stringify({ instanceId: instance.instanceId, reason: 'by hand' }),
        { 'Nats-Msg-Id': randomUUID() },
      );
      const accepted = contentOf<Accepted>(triggered);
      expect(accepted).toMatchObject({
        instanceId: instance.instanceId,
        status: 'pending-pre-upgrade',
      });
      await uplift.ended([accepted]);
      await uplift.readModelCaughtUp();
      const shown = await byHand(
        QUERY_SUBJECTS.upgradeGet,
        JSON.stringify({ upgradeId: accepted.upgradeId }),
      );
      expect(contentOf(shown)).toMatchObject({ upgrade: { outcome: 'succeeded' } });
    });

    it.each(SUBJECTS)('answer garbage on %s with a problem and append nothing', async (subject) => {
      const before = await uplift.store.lastPosition();
      const key = { 'Idempotency-Key': randomUUID() };
      const nothing = OPEN_QUERIES.includes(subject) ? [] : NOTHING;
      for (const payload of [...GARBAGE.map(([, it]) => it), ...nothing]) {
        const reply = await byHand(subject, payload, key);
        const problem = problemIn(reply);
        expect(problem).toMatchObject(problemShape());
        expect(reply.headers).toContain(`Nats-Service-Error-Code: ${problem.status}`);
      }
      expect(await uplift.store.lastPosition()).toBe(before);
    });

    it.each(OPEN_QUERIES)(
      'answer nothing on %s as a query that leaves all out',
      async (subject) => {
        for (const nothing of NOTHING) {
          const { headers, body } = await byHand(subject, nothing);
          expect(headers).not.toContain('Nats-Service-Error');
          const { response, ...answer } = JSON.parse(body) as { readonly response?: object };
          expect(response ?? answer).toMatchObject({ asOf: expect.anything() as unknown });
        }
      },
    );

    it('go on answering after all that', async () => {
      const instance = await placeOne();
      const accepted = await uplift.client.trigger(instance, 'bus');
      await uplift.ended([accepted]);
      expect(uplift.log.statusOf(instance.instanceId)).toBe(instance.status);
    });

    it('give a repeated command its first answer, at once and after the upgrade has ended', async () => {
      const instance = await placeOne();
      const send = (n: number) => uplift.client.trigger(instance, n % 2 === 0 ? 'bus' : 'http');
      const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => send(n)));
      await uplift.ended(answers.slice(0, 1));
      answers.push(await send(0), await send(1));
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      const requested = uplift.log
        .typesOf(instance.instanceId)
        .filter((type) => type === 'UpgradeRequested');
      expect(requested).toHaveLength(1);
    });

    it('refuse what the instance does not allow, saying what would be', async () => {
      const instance = await placeOne();
      const accepted = await uplift.client.trigger(instance, 'http', 'first');
      expect(await problemOf(uplift.client.trigger(instance, 'bus', 'second'))).toMatchObject({
        status: 409,
        code: 'upgrade-in-flight',
      });
      expect(
        await problemOf(
          uplift.client.post(
            `/v1/instances/${instance.instanceId}/upgrades`,
            { reason: 'other' },
            'first',
          ),
        ),
      ).toMatchObject({ status: 422, code: 'idempotency-key-reused' });
      const unknown = { ...instance, instanceId: randomUUID() };
      expect(await problemOf(uplift.client.trigger(unknown, 'http'))).toMatchObject({
        status: 404,
      });
      await uplift.ended([accepted]);
      const requested = uplift.log
        .typesOf(instance.instanceId)
        .filter((type) => type === 'UpgradeRequested');
      expect(requested).toHaveLength(1);
    });

    it('show a watcher every event once, and from where it hung up when it comes back', async () => {
      const instance = await placeOne();
      const url = `${uplift.stack.apiUrl}/v1/events?instanceId=${instance.instanceId}`;
      const accepted = await uplift.client.trigger(instance, 'http');
      const first = await receiveEvents(url, 4, { lastEventId: '0' });
      await uplift.ended([accepted]);
      const stored = uplift.log.of(instance.instanceId);
      const rest = await receiveEvents(url, stored.length - 4, {
        lastEventId: first.at(-1)?.id ?? '',
      });
      expect([...first, ...rest].map(({ id, document }) => [id, document.id])).toEqual(
        stored.map(({ position, id }) => [position.toString(), id]),
      );
    });

    it('leave a history that an auditor can prove, and a bus that is the store', async () => {
      await expectBusIsStore(uplift);
      await expectSoundAudit(uplift);
    });
  });
}

/** A caller that speaks in envelopes is answered in one. */
function problemIn({ body }: RawReply): ProblemDetails {
  const content = JSON.parse(body) as ProblemDetails & { readonly err?: ProblemDetails };
  return content.err ?? content;
}

function problemShape() {
  return {
    type: expect.stringContaining('problem') as string,
    code: expect.any(String) as string,
    detail: expect.any(String) as string,
    status: expect.any(Number) as number,
  };
}
