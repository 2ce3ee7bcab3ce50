import type { CommandScript, VariableScope } from '@uplift/domain';
import { VARIABLE_SCOPES } from '@uplift/domain';
import { InvalidArgumentError, Option } from 'commander';

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly scope?: VariableScope;
}

/** At most one of them: each strategy reads one. */
export interface TargetOptions {
  readonly ref?: string;
  readonly sourceEnvironment?: string;
  readonly variable?: readonly Variable[];
  readonly script?: CommandScript;
  readonly registeredTask?: string;
}

const SCOPED = new RegExp(`^(.*):(${VARIABLE_SCOPES.join('|')})$`, 's');
const NAMES = ['ref', 'sourceEnvironment', 'variable', 'script', 'registeredTask'] as const;

/** What an upgrade brings, on the command line. */
export function targetOptions(): readonly Option[] {
  const options = [
    new Option('--ref <ref>', 'commit or tag, for branch-ref'),
    new Option('--source-environment <name>', 'environment to take the images of, for promote'),
    new Option('--variable <NAME=value[:SCOPE]>', 'for variables, may be repeated').argParser(
      collectVariable,
    ),
    new Option('--script <service:command>', 'command to run, for script').argParser(readScript),
    new Option('--registered-task <name>', 'task of Lagoon to run, for script'),
  ];
  return options.map((option) =>
    option.conflicts(NAMES.filter((name) => name !== option.attributeName())),
  );
}

/** The member `target` of a request; nothing if no option names one. */
export function targetOf(options: TargetOptions): { readonly target?: object } {
  const { ref, sourceEnvironment, variable: variables, registeredTask } = options;
  const script = registeredTask === undefined ? options.script : { registeredTask };
  const members = Object.entries({ ref, sourceEnvironment, variables, script });
  const named = members.filter(([, value]) => value !== undefined);
  return named.length === 0 ? {} : { target: Object.fromEntries(named) };
}

function collectVariable(text: string, before: readonly Variable[] = []): readonly Variable[] {
  const [, name, assigned] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || assigned === undefined) {
    throw new InvalidArgumentError('use NAME=value or NAME=value:SCOPE');
  }
  const [, value = assigned, scope] = SCOPED.exec(assigned) ?? [];
  const known = VARIABLE_SCOPES.find((one) => one === scope);
  return [...before, { name, value, ...(known === undefined ? {} : { scope: known }) }];
}

function readScript(text: string): CommandScript {
  const [, service, command] = /^([^:]+):(.+)$/s.exec(text) ?? [];
  if (service === undefined || command === undefined) {
    throw new InvalidArgumentError('use service:command');
  }
  return { service, command };
}
