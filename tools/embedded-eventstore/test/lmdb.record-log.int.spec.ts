import { rmSync } from 'node:fs';
import { LmdbRecordLog } from '../src/persistence/lmdb.record-log';
import { describeRecordLog } from './record-log.suite';
import { temporaryFolder } from './running-store';

const folders: string[] = [];

function freshFolder(): string {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describeRecordLog('the log on lmdb', () => new LmdbRecordLog(freshFolder()));

describe('a reopened log on lmdb', () => {
  it('knows its last position and the last revision of each stream', async () => {
    const folder = freshFolder();
    const first = new LmdbRecordLog(folder);
    const record = { type: 't', id: '4b8cb5b0-5ab8-4d5b-9b1e-5b1f6f0a7c11', createdAt: 1 };
    const message = Buffer.from('m');
    await first.commit([
      { ...record, message, position: 1, stream: 'a', revision: 0 },
      { ...record, message, position: 2, stream: 'b', revision: 0 },
      { ...record, message, position: 3, stream: 'a', revision: 1 },
    ]);
    await first.close();
    const again = new LmdbRecordLog(folder);
    expect([again.lastPosition, again.lastRevision('a'), again.lastRevision('b')]).toEqual([
      3, 1, 0,
    ]);
    await again.close();
  });
});
