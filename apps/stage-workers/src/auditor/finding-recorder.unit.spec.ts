import type { FindingCommandData } from '@uplift/domain';
import type { Logger } from '@uplift/runtime';
import { VirtualClock } from '@uplift/runtime/testing';
import type { RecorderPorts } from './finding-recorder';
import { FindingRecorder } from './finding-recorder';

type Told = FindingCommandData['RecordFinding'];

describe('the recorder of findings', () => {
  const told: Told[] = [];
  const refused = new Set<string>();
  let recorder: FindingRecorder;
  let steps: number;

  const handle: RecorderPorts['commands']['handle'] = ({ command }) => {
    const { findingId } = command.data;
    if (refused.has(findingId)) return Promise.reject(new Error(`refused ${findingId}`));
    told.push(command.data as Told);
    return Promise.resolve({ kind: 'unchanged' } as never);
  };
  const finding = (findingId: string, more: Partial<Told> = {}): Told => ({
    ...{ findingId, kind: 'unreadable-event', subject: findingId, detail: 'd', evidence: {} },
    ...{ count: 1, ...more },
  });
  const flush = () => recorder.flush(() => void (steps += 1));

  beforeEach(() => {
    told.length = 0;
    refused.clear();
    steps = 0;
    recorder = new FindingRecorder({
      commands: { handle } as RecorderPorts['commands'],
      actor: { type: 'system', id: 'test' },
      clock: new VirtualClock(),
      logger: { warn: () => undefined } as unknown as Logger,
    });
  });

  it('tells all others when one cannot be appended, and that one later', async () => {
    refused.add('a').add('b');
    for (const id of ['a', 'b', 'c']) recorder.note(finding(id));
    await expect(flush()).rejects.toThrow('refused a');
    expect(told.map(({ findingId }) => findingId)).toEqual(['c']);
    refused.clear();
    await expect(flush()).resolves.toBe(false);
    expect(told.map(({ findingId }) => findingId)).toEqual(['c', 'a', 'b']);
  });

  it('tells at most twenty at once, and what is refused does not take their places', async () => {
    const ids = Array.from({ length: 45 }, (_, n) => `f${n}`);
    ids.slice(0, 20).forEach((id) => refused.add(id));
    for (const id of ids) recorder.note(finding(id));
    await expect(flush()).rejects.toThrow('refused f0');
    expect(steps).toBe(20);
    await expect(flush()).resolves.toBe(true);
    expect(told.map(({ findingId }) => findingId)).toEqual(ids.slice(20, 40));
    expect(steps).toBe(40);
  });

  it('shortens what others have made up, and keeps the higher one of two counts', async () => {
    recorder.note(finding('a', { detail: 'x'.repeat(5_000), count: 7 }));
    recorder.note(finding('a', { count: 3 }));
    await flush();
    expect(told).toMatchObject([{ detail: `${'x'.repeat(200)}…`, count: 7 }]);
  });
});
