import { instanceStream } from '@uplift/contracts';
import { RUNNING_STATUSES } from '@uplift/domain';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import fc from 'fast-check';
import {
  cancel,
  commandServiceOn,
  INSTANCE_ID,
  registration,
  report,
  trigger,
} from '../testing/command-requests';
import type { CommandResult } from './command-answer';
import type { CommandRequest, EdgeCommand } from './command-request';

const asked = { requestedBy: 'somebody', reason: 'a reason' };
const { upgradeId } = trigger().command.data;

const COMMANDS: readonly EdgeCommand[] = [
  ...RUNNING_STATUSES.map((status) => report('', status).command),
  registration().command,
  trigger().command,
  cancel().command,
  { type: 'ParkInstance', data: asked },
  { type: 'UnparkInstance', data: asked },
  { type: 'RedriveStage', data: { ...asked, upgradeId } },
  { type: 'PrioritizeUpgrade', data: { ...asked, upgradeId, priority: 'urgent' } },
];

/** Every command has three keys of its own, so that many are sent again after others. */
const requests: fc.Arbitrary<CommandRequest> = fc
  .record({ command: fc.nat(COMMANDS.length - 1), key: fc.nat(2) })
  .map(({ command: n, key }) => {
    const command = COMMANDS[n] ?? registration().command;
    const idempotencyKey = command.type === 'RequestUpgrade' ? 'trigger' : `${n}-${key}`;
    const caller = { ...registration().caller, idempotencyKey };
    return { instanceId: INSTANCE_ID, command, content: { n }, caller };
  });

async function stored(store: InMemoryEventStore): Promise<number> {
  return (await store.load(instanceStream(INSTANCE_ID))).length;
}

/** What was answered to a key once is the answer to it for ever; nothing is done again. */
async function expectSameForEver(sequence: readonly CommandRequest[]): Promise<void> {
  const store = new InMemoryEventStore();
  const { service } = commandServiceOn(store);
  await service.execute(registration());
  const answers = new Map<string, Omit<CommandResult, 'outcome'>>();
  for (const request of sequence) {
    const { idempotencyKey } = request.caller;
    const before = await stored(store);
    const result = await service.execute(request).catch(() => undefined);
    const earlier = answers.get(idempotencyKey);
    if (earlier !== undefined) expect(result).toEqual({ ...earlier, outcome: 'repeated' });
    if (earlier !== undefined) expect(await stored(store)).toBe(before);
    if (result === undefined || earlier !== undefined) continue;
    const { outcome: _outcome, ...answer } = result;
    answers.set(idempotencyKey, answer);
  }
}

test('whatever is sent in between, a key that was answered gets the same answer for ever', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(requests, { minLength: 5, maxLength: 40 }), expectSameForEver),
    { numRuns: 60 },
  );
});
