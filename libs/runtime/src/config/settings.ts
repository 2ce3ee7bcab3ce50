import { DEADLINE_SETTINGS } from './deadline.settings';
import { LAGOON_SETTINGS } from './lagoon.settings';
import { PROCESS_SETTINGS } from './process.settings';
import type { Setting } from './setting';
import { STAGE_SETTINGS } from './stage.settings';

/** Every setting of every process. A new setting is a new row in one of these tables. */
export const SETTINGS = {
  ...PROCESS_SETTINGS,
  ...LAGOON_SETTINGS,
  ...STAGE_SETTINGS,
  ...DEADLINE_SETTINGS,
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
