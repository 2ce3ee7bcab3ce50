import { ACCESS_SETTINGS } from './access.settings';
import { BUS_SETTINGS } from './bus.settings';
import { LAGOON_SETTINGS } from './lagoon.settings';
import { PROCESS_SETTINGS } from './process.settings';
import { expectation, type Setting } from './setting';
import { DEADLINE_SETTINGS, STAGE_SETTINGS } from './stage.settings';
import { TRACE_SETTINGS } from './tracing.settings';
import { WEBHOOK_SETTINGS } from './webhook.settings';

/** Every setting of every process. A new setting is a new row in one of these tables. */
export const SETTINGS = {
  ...PROCESS_SETTINGS,
  ...ACCESS_SETTINGS,
  ...BUS_SETTINGS,
  ...LAGOON_SETTINGS,
  ...STAGE_SETTINGS,
  ...DEADLINE_SETTINGS,
  ...WEBHOOK_SETTINGS,
  ...TRACE_SETTINGS,
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** The settings table as a Markdown page; docs hold its output. */
export function renderSettingsPage(settings: readonly Setting[] = Object.values(SETTINGS)): string {
  return [
    '# Configuration',
    '',
    'Every process is configured by environment variables only. An unknown `UPLIFT_*` variable stops the start,',
    'and all problems are listed at once. A secret is also accepted as `<NAME>_FILE`, the path of a file that holds it.',
    'The command line takes them from [a file](cli.md#settings) too. The variables `OTEL_*` are about [traces](tracing.md).',
    '',
    '| Variable | Value | Default | Meaning |',
    '| --- | --- | --- | --- |',
    ...settings.map(row),
    '',
  ].join('\n');
}

function row(setting: Setting): string {
  const unit = setting.unit === 'ms' ? ', milliseconds' : '';
  const secret = setting.secret ? ' (secret)' : '';
  const value = `${expectation(setting)}${unit}${secret}`;
  return `| \`${setting.env}\` | ${value} | ${defaultText(setting)} | ${setting.description} |`;
}

function defaultText(setting: Setting): string {
  if (setting.computed) return setting.computed.words;
  if (setting.default === '' || setting.optional) return 'none';
  return setting.default === undefined ? 'required' : `\`${setting.default}\``;
}
