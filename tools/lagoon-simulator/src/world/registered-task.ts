/** A script that somebody registered in Lagoon for an environment. */
export interface RegisteredTask {
  readonly id: number;
  readonly name: string;
  /** An image task runs without a service of the environment. */
  readonly type: 'COMMAND' | 'IMAGE';
  /** Default: `cli`. */
  readonly service?: string;
  readonly command?: string;
  /** Names of its arguments. */
  readonly arguments?: readonly string[];
}

export interface ArgumentValue {
  readonly advancedTaskDefinitionArgumentName?: string | null;
  readonly value?: string | null;
}

/** Lagoon hands arguments over as variables in front of the command, so they can be read from the task. */
export function commandOf(task: RegisteredTask, values: readonly ArgumentValue[]): string {
  const prefix = values
    .map(
      ({ advancedTaskDefinitionArgumentName: name, value }) => `${name ?? ''}="${value ?? ''}"; `,
    )
    .join('');
  return `${prefix}${task.command ?? ''}`;
}
