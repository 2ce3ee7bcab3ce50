/** Lagoon stores a scope in lower case. */
export type VariableScope = 'build' | 'runtime' | 'global' | 'container_registry';

export interface Variable {
  readonly id: number;
  readonly name: string;
  scope: VariableScope;
  value: string;
  /** Simulated milliseconds. */
  updatedAt: number;
  /** How often it was written, with another value or with the same. */
  writes: number;
}

/** A project or an environment. */
export interface VariableHolder {
  readonly variables: Map<string, Variable>;
}

type VariableWrite = Pick<Variable, 'name' | 'scope' | 'value' | 'updatedAt'>;

/** Writes a variable; `newId` names one that is not there yet. */
export function writeVariable(
  { variables }: VariableHolder,
  write: VariableWrite,
  newId: () => number,
): Variable {
  const existing = variables.get(write.name);
  if (existing !== undefined)
    return Object.assign(existing, write, { writes: existing.writes + 1 });
  const variable: Variable = { ...write, id: newId(), writes: 1 };
  variables.set(write.name, variable);
  return variable;
}
