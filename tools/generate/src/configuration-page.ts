import { renderSettingsPage } from '@uplift/runtime';

/** docs/configuration.md: the settings table for people. */
export function configurationPage(): string {
  return renderSettingsPage();
}
