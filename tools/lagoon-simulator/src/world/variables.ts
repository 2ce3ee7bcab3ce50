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

export interface VariableWrite {
  readonly name: string;
  readonly scope: VariableScope;
  readonly value: string;
  readonly at: number;
}

/** Writes a variable; `newId` names one that is not there yet. */
export function writeVariable(
  holder: VariableHolder,
  write: VariableWrite,
  newId: () => number,
): Variable {
  const { name, scope, value, at } = write;
  const existing = holder.variables.get(name);
  if (existing !== undefined) {
    return Object.assign(existing, { scope, value, updatedAt: at, writes: existing.writes + 1 });
  }
  const variable: Variable = { id: newId(), name, scope, value, updatedAt: at, writes: 1 };
  holder.variables.set(name, variable);
  return variable;
}
