import { at, event, FLEET, INSTANCE, stage, UPGRADE } from '../testing/report-examples';
import { fleetPage } from './fleet-report.page';
import { PALETTES } from './page';
import { upgradeReport } from './upgrade-report';
import { upgradePage } from './upgrade-report.page';

const HOSTILE = `"><script>alert(1)</script><img src=x onerror='x'>`;
const ESCAPED =
  '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&#39;x&#39;&gt;';

const timeline = [
  event('00:00', 'UpgradeRequested', `${HOSTILE} (a-1)`),
  event('00:10', 'WaitingFor', HOSTILE),
];

const upgradePageOf = (upgrade = UPGRADE, instance = INSTANCE) =>
  upgradePage(upgradeReport({ instance, upgrade, timeline, at: at('05:00') }));

const hostileUpgrade = () => {
  const failure = { ...UPGRADE.failure, reason: HOSTILE, evidence: { [HOSTILE]: HOSTILE } };
  const names = { requestedBy: HOSTILE, reason: HOSTILE, buildName: HOSTILE, strategy: HOSTILE };
  const names2 = { project: HOSTILE, environment: HOSTILE, app: HOSTILE };
  return upgradePageOf({ ...UPGRADE, ...names, target: { ref: HOSTILE }, failure } as never, {
    ...INSTANCE,
    ...names2,
    labels: { [HOSTILE]: HOSTILE },
  });
};
const hostileFleet = () =>
  fleetPage({ ...FLEET, instances: { total: 1, byStatus: { [HOSTILE]: 1 } } });

const PAGES: readonly (readonly [string, () => string])[] = [
  ['an upgrade', () => upgradePageOf()],
  [
    'an upgrade in flight',
    () =>
      upgradePageOf({
        ...UPGRADE,
        ...{ outcome: 'in-flight', endedAt: null, failure: null },
        stages: [stage('pre-upgrade', '00:00', null, null)],
      }),
  ],
  ['an upgrade with hostile names', hostileUpgrade],
  ['the fleet', () => fleetPage(FLEET)],
  [
    'an empty fleet',
    () =>
      fleetPage({
        ...FLEET,
        ...{ instances: { total: 0, byStatus: {} }, upgrades: { total: 0, byOutcome: {} } },
        stages: [],
      }),
  ],
  ['a fleet with hostile names', hostileFleet],
];

/** Without what only lays the markup out. */
const compact = (page: string) =>
  page
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\s+>/g, '>')
    .replace(/> </g, '><');

const count = (text: string, what: RegExp) => [...text.matchAll(what)].length;

/** Tags in order; names of elements that no tag closes are left out. */
function unbalanced(page: string): readonly string[] {
  const open: string[] = [];
  for (const [, slash, name = '', selfClosed] of page.matchAll(
    /<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/gi,
  )) {
    if (selfClosed || name === 'meta') continue;
    if (slash === '') open.push(name);
    else if (open.pop() !== name) return [...open, `</${name}>`];
  }
  return open;
}

describe.each(PAGES)('the page of %s', (_, make) => {
  const page = compact(make());

  it('needs no network and runs no script', () => {
    expect(page).not.toMatch(/<(script|link|iframe|img|object|embed)\b/i);
    expect(page).not.toMatch(/<[^>]*\s(src|href|on\w+)\s*=/i);
    expect(page).not.toMatch(/https?:|@import|url\((?!#)/i);
    expect(page).toContain(
      `content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;`,
    );
  });

  it('is whole', () => {
    expect(page).toMatch(/^<!doctype html><html lang="en">/);
    expect(unbalanced(page)).toEqual([]);
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('says each picture in words, and has a table beside it', () => {
    const pictures = count(page, /<svg [^>]*role="img"/g);
    expect(pictures).toBeGreaterThan(0);
    expect(
      count(
        page,
        /<svg [^>]*role="img"[^>]*><title id="[^"]+">[^<]+<\/title><desc id="[^"]+">[^<]+<\/desc>/g,
      ),
    ).toBe(pictures);
    expect(count(page, /<\/figure>\s*<div class="scrolls"><table><caption>/g)).toBe(pictures);
    const named = [...page.matchAll(/aria-labelledby="([^"]*)"/g)].flatMap(([, ids = '']) =>
      ids.split(' '),
    );
    expect(named.filter((id) => !page.includes(` id="${id}"`))).toEqual([]);
  });

  it('is for light and dark screens and for paper', () => {
    expect(page).toContain('color-scheme:light dark');
    expect(page).toContain('@media (prefers-color-scheme:dark)');
    expect(page).toContain('@media print');
  });
});

describe('what comes from outside', () => {
  it('is text, wherever it stands', () => {
    expect(hostileUpgrade().split(ESCAPED).length).toBeGreaterThan(15);
    expect(hostileFleet()).toContain(ESCAPED);
  });
});

describe('the page of an upgrade', () => {
  it('shows where the time of each stage went, in the picture and in the table', () => {
    const page = compact(upgradePageOf());
    expect(page).toMatch(/<rect class="queued"[^>]*><title>pre-upgrade: queued, 10 s<\/title>/);
    expect(page).toMatch(/<rect class="active"[^>]*><title>upgrade: worked on, 2 min<\/title>/);
    expect(page).toMatch(
      /<th scope="row">upgrade<\/th><td class="number">0 ms<\/td><td class="number">2 min<\/td>/,
    );
  });

  it('says why it failed, and what to do', () => {
    const page = compact(upgradePageOf());
    expect(page).toContain('Why it failed');
    expect(page).toContain('deployment-failed, class build');
    expect(upgradePageOf({ ...UPGRADE, failure: null })).not.toContain('Why it failed');
  });
});

describe('the page of the fleet', () => {
  it('has the statuses with the most instances first', () => {
    const page = compact(fleetPage(FLEET));
    expect(page.indexOf('running-healthy-claimed: 2')).toBeLessThan(
      page.indexOf('upgrade-failed: 1'),
    );
    expect(page).toMatch(/<rect class="bad"[^>]*><title>upgrade-failed: 1<\/title>/);
  });

  it('draws nothing where no upgrade has come', () => {
    expect(fleetPage(FLEET)).toContain('none yet');
  });

  it('has a row for what there is none of, and draws nothing in it', () => {
    const upgrades = { total: 3, byOutcome: { succeeded: 3, cancelled: 0 } };
    const page = compact(fleetPage({ ...FLEET, upgrades }));
    expect(page).toContain('<title>succeeded: 3</title>');
    expect(page).toContain('<th scope="row">cancelled</th>');
    expect(page).not.toContain('<title>cancelled: 0</title>');
  });
});

/** WCAG 2.2: relative luminance. */
function luminance(color: string): number {
  const channels = [1, 3, 5].map((n) => parseInt(color.slice(n, n + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = channels.map((c) =>
    c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [bright = 0, dim = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (bright + 0.05) / (dim + 0.05);
}

describe.each(['light', 'dark'] as const)('the %s palette', (name) => {
  const { paper, ...colors } = PALETTES[name];

  it.each(['ink', 'faint'] as const)('has text in %s that can be read', (color) => {
    expect(contrast(colors[color], paper)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['queued', 'active', 'waiting', 'bad'] as const)(
    'has bars in %s that can be seen',
    (color) => {
      expect(contrast(colors[color], paper)).toBeGreaterThanOrEqual(3);
    },
  );
});
