import { readFile } from 'node:fs/promises';
import type { RunningUplift } from '../support/running-uplift';
import { comparable } from '../support/shown-session';
import { playSession, SESSION_PAGE } from './operator-session';

export function operatorSessionSuite(running: () => RunningUplift): void {
  it('is what the page on the session of an operator shows', async () => {
    const page = await readFile(SESSION_PAGE, 'utf8');
    expect(comparable(await playSession(running()))).toBe(comparable(page));
  });
}
