import { readConfiguration } from './configuration';
import type { Setting } from './setting';
import type { SettingName } from './settings';
import { renderSettingsPage, SETTINGS } from './settings';

const rows: readonly Setting[] = Object.values(SETTINGS);

describe('the settings table', () => {
  it('names every variable once', () => {
    expect(new Set(rows.map(({ env }) => env)).size).toBe(rows.length);
  });

  it('has defaults that its own rules accept', () => {
    const withDefault = (Object.keys(SETTINGS) as SettingName[]).filter((name) => {
      const setting: Setting = SETTINGS[name];
      return setting.default !== undefined && setting.default !== '';
    });
    const environment = Object.fromEntries(
      withDefault.map((name) => {
        const setting: Setting = SETTINGS[name];
        return [setting.env, String(setting.default)];
      }),
    );
    expect(readConfiguration(withDefault, environment)).toEqual(readConfiguration(withDefault, {}));
  });

  it('renders one line per setting, without the default of a secret', () => {
    const page = renderSettingsPage();
    for (const { env } of rows) expect(page).toContain(`| \`${env}\` |`);
    expect(page).toContain(
      '| `UPLIFT_POLL_INTERVAL_MS` | a whole number from 0 to 2147483647, milliseconds | `60000` |',
    );
    expect(rows.filter(({ secret, ...row }) => secret && row.default !== undefined)).toEqual([]);
  });
});
