import type { InstanceView } from '@uplift/domain';
import { evolveInstanceView } from '@uplift/domain';
import { event, HISTORY_INTO, recorded, upTo } from '@uplift/domain/testing';
import type { InstanceEvent } from '@uplift/domain';
import { INSTANCES } from './read-model.tables';

const running = HISTORY_INTO['upgrade-running'];

const shown = (...events: readonly InstanceEvent[]) => {
  const view = recorded(events).reduce<InstanceView | null>(evolveInstanceView, null)!;
  return INSTANCES.show(view);
};
const isAllowed = (document: ReturnType<typeof shown>, command: string) =>
  document.allowedCommands.find((each) => each.command === command)?.allowed;

describe('what an instance waits for', () => {
  const waiting = [...running, event('WaitingFor')];

  it('is named, with the time it began', () => {
    expect(shown(...waiting).waitingFor).toMatchObject({
      target: 'lagoon:eu-1',
      since: '2026-03-01T10:00:00.000Z',
    });
  });

  it.each([
    ['the wait has ended', [event('WaitEnded')]],
    ['the next stage has opened', [event('UpgradeCompleted'), event('PostUpgradePending')]],
    ['the upgrade has failed', [event('UpgradeFailed')]],
  ])('is not that any more when %s', (_when, events) => {
    expect(shown(...waiting, ...events).waitingFor?.target).not.toBe('lagoon:eu-1');
  });

  it('stays as long as nothing else is known', () => {
    const { waitingFor } = shown(...waiting, event('StageParked'));
    expect(waitingFor).toMatchObject({ target: 'lagoon:eu-1' });
  });

  it('began with the newest event if a worker has it in hand', () => {
    const { waitingFor, updatedAt } = shown(...running);
    expect(waitingFor).toMatchObject({ target: null, since: updatedAt });
  });

  it('is nothing at rest', () => {
    expect(shown(event('InstanceRegistered')).waitingFor).toBeNull();
  });
});

describe('what may be asked of an instance', () => {
  it('is decided on its state', () => {
    const failed = shown(...running, event('UpgradeFailed'));
    expect(isAllowed(failed, 'CancelUpgrade')).toBe(false);
    expect(isAllowed(shown(...running), 'CancelUpgrade')).toBe(true);
    expect(failed.allowedCommands.find(({ allowed }) => !allowed)).toEqual({
      command: expect.any(String) as unknown,
      allowed: false,
      code: expect.any(String) as unknown,
      detail: expect.any(String) as unknown,
    });
  });

  it('is nothing where the history is broken, and an error elsewhere has its stack', () => {
    const broken = shown(...upTo('PreUpgradeStarted'), event('UpgradePending'));
    expect(broken).toMatchObject({ waitingFor: null, allowedCommands: [] });
    expect(new Error('x').stack).toContain('next-steps.unit.spec');
  });
});
