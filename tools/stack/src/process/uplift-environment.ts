/**
 * The environment of a process of Uplift: what this process has but its `UPLIFT_*` variables, then the given settings.
 * Ours may be meant for the stack alone, and the process refuses to start on a setting that it does not know.
 */
export function upliftEnvironment(
  settings: Readonly<Record<string, string>>,
  inherited = process.env,
): NodeJS.ProcessEnv {
  const kept = Object.entries(inherited).filter(([name]) => !name.startsWith('UPLIFT_'));
  return { ...Object.fromEntries(kept), ...settings };
}
