/** One line of JSON each, from the guarded process to its guardian. */
export type GuardianOrder =
  | { readonly do: 'watch'; readonly pid: number; readonly signal: NodeJS.Signals }
  | { readonly do: 'release'; readonly pid: number }
  | { readonly do: 'remove-at-end'; readonly folder: string }
  | { readonly do: 'keep'; readonly folder: string };
