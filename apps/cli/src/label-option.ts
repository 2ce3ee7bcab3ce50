import { InvalidArgumentError, Option } from 'commander';

/** `--label team=payments --label region=eu` */
export function labelOption(description: string): Option {
  return new Option('--label <name=value>', description).argParser(collectLabel);
}

function collectLabel(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('use name=value');
  return { ...before, [name]: value };
}
