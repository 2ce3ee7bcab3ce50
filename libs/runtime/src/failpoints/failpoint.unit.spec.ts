import fs from 'node:fs';
import { armFailpoints, failpoint, FailpointError, parseFailpoints } from './failpoint';

afterEach(() => armFailpoints([]));

describe('a plan of failpoints', () => {
  it('names points, what happens there, and at which passing', () => {
    expect(
      parseFailpoints(
        'deploy.E4=kill; deploy.E5=delay:200@2;task.E2=stop@1;poll.round=hang;tail.batch=block',
      ),
    ).toEqual([
      { name: 'deploy.E4', action: { kind: 'kill' }, atHit: null },
      { name: 'deploy.E5', action: { kind: 'delay', ms: 200 }, atHit: 2 },
      { name: 'task.E2', action: { kind: 'stop' }, atHit: 1 },
      { name: 'poll.round', action: { kind: 'hang' }, atHit: null },
      { name: 'tail.batch', action: { kind: 'block' }, atHit: null },
    ]);
  });

  it.each(['deploy.E4', 'deploy.E4=explode', 'E4=kill', 'deploy.E4=delay', 'deploy.E4=kill:5'])(
    'refuses %s',
    (text) => expect(() => parseFailpoints(text)).toThrow('is not a failpoint'),
  );
});

describe('a failpoint', () => {
  let written: jest.SpyInstance;

  beforeEach(() => {
    written = jest.spyOn(fs, 'writeSync').mockReturnValue(0);
  });
  afterEach(() => written.mockRestore());

  it('does nothing unless it is armed', async () => {
    armFailpoints(parseFailpoints('deploy.E4=throw'));
    await expect(failpoint('deploy.E5')).resolves.toBeUndefined();
    armFailpoints([]);
    await expect(failpoint('deploy.E4')).resolves.toBeUndefined();
  });

  it('acts at the passing it is armed for, and at no other', async () => {
    armFailpoints(parseFailpoints('deploy.E4=throw@2'));
    await expect(failpoint('deploy.E4')).resolves.toBeUndefined();
    await expect(failpoint('deploy.E4')).rejects.toThrow(FailpointError);
    await expect(failpoint('deploy.E4')).resolves.toBeUndefined();
    expect(written.mock.calls).toEqual([
      [1, '{"failpoint":"deploy.E4","action":"throw","hit":2}\n'],
    ]);
  });

  it('acts at every passing if none is named', async () => {
    armFailpoints(parseFailpoints('deploy.E4=throw'));
    await expect(failpoint('deploy.E4')).rejects.toThrow('failpoint deploy.E4');
    await expect(failpoint('deploy.E4')).rejects.toThrow('failpoint deploy.E4');
  });
});
