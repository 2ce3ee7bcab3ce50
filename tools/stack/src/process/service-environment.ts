/** This process's environment without its own settings, then the given ones: a child gets what the stack decides. */
export function serviceEnvironment(
  settings: Readonly<Record<string, string>>,
  inherited: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const kept = Object.entries(inherited).filter(([name]) => !name.startsWith('UPLIFT_'));
  return { ...Object.fromEntries(kept), ...settings };
}
