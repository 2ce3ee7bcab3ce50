export type SettingType = 'string' | 'integer' | 'number' | 'boolean' | 'url' | 'enum' | 'list';

/** One environment variable. Without `default` and without `optional` a process that reads it cannot start without it. */
export interface Setting {
  readonly env: `UPLIFT_${string}`;
  readonly type: SettingType;
  readonly description: string;
  readonly default?: string | number | boolean;
  /** What the process puts in when nothing is set and no constant would do, with the words the page shows for it. */
  readonly computed?: { readonly value: () => string; readonly words: string };
  readonly optional?: true;
  readonly unit?: 'ms' | 'port' | 'count' | 'bytes';
  readonly minimum?: number;
  readonly values?: readonly string[];
  readonly schemes?: readonly string[];
  /** Never printed, and also accepted as `<NAME>_FILE`, the path of a file that holds it. */
  readonly secret?: true;
}

type Present<S extends Setting> = S extends { type: 'integer' | 'number' }
  ? number
  : S extends { type: 'boolean' }
    ? boolean
    : S extends { type: 'list' }
      ? readonly string[]
      : S extends { type: 'enum'; values: readonly (infer V)[] }
        ? V
        : string;

export type SettingValue<S extends Setting> = S extends { optional: true }
  ? Present<S> | undefined
  : Present<S>;
