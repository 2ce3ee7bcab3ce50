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

/** What a stack itself takes from the environment: the nats-server to run, and servers that it is given. */
const OF_THE_STACK = /^UPLIFT_(NATS_SERVER$|TEST_)/;

/** One line on the settings of ours that a stack passes over; none where there are none. No value: some are secrets. */
export function unusedSettings(inherited = process.env): readonly string[] {
  const names = Object.keys(inherited).filter((name) => name.startsWith('UPLIFT_'));
  const unused = names.filter((name) => !OF_THE_STACK.test(name)).sort();
  if (unused.length === 0) return [];
  return [
    `Not used here, although the environment has them: ${unused.join(', ')}. They are for \`uplift\` and for services that you start yourself.`,
  ];
}
