import { comparable, played } from './shown-session';

const PAGE = ['# Title', '$ no command', '```console', '$ uplift stats', 'old', '```', 'words'];
const ID = '5e551071-0000-4000-8000-000000000001';
const OTHER = '5e551071-0000-4000-8000-000000000002';

describe('a session that is shown on a page', () => {
  it('is played command by command, and all around it stays', async () => {
    const run = (command: string) => Promise.resolve(`${command} printed\nthis\n`);
    const now = await played(PAGE.join('\n'), run);
    const output = ['uplift stats printed', 'this'];
    expect(now.split('\n')).toEqual([...PAGE.slice(0, 4), ...output, ...PAGE.slice(5)]);
  });

  it.each([
    ['ids', `${ID} ${ID}`, `${OTHER} ${OTHER}`],
    ['times and durations', '2026-12-01T03:44:46.121Z 12 ms', '2027-01-01T00:00:00.000Z 1.4 s'],
    ['long durations', 'active 45 s, 1 min 5 s', 'active 1 min, 2 h 3 min'],
    ['the width of a column', 'name  value', 'name     value'],
    ['progress that was seen', 'a\n1 DeploymentProgressed x\nb', 'a\nb'],
    ['revisions', 'revision 3\nhealthy  4  77', 'revision 11\nhealthy  12  1234'],
    ['builds', 'lagoon-build-tu95aw', 'lagoon-build-7bq181'],
  ])('may differ in %s', (_what, one, other) => {
    expect(comparable(one)).toBe(comparable(other));
  });

  it.each([
    ['which of the ids', `${ID} ${ID}`, `${ID} ${OTHER}`],
    ['how many', '     2  failed', '     1  failed'],
    ['a status', `${ID}  upgrade-failed`, `${ID}  running-unhealthy`],
    ['an event', '2026-12-01T03:44:46.121Z  3  UpgradeFailed', '2026-12-01T03:44:46.121Z  3  U'],
  ])('may not differ in %s', (_what, one, other) => {
    expect(comparable(one)).not.toBe(comparable(other));
  });
});
