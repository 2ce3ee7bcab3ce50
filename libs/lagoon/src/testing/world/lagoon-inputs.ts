import type { ArgumentValue } from './tasks';

/** GraphQL leaves a field out or gives null for it, as it likes. */
export type Given<T> = T | null | undefined;

export interface ProjectInput {
  readonly id?: Given<number>;
  readonly name?: Given<string>;
}

export interface EnvironmentInput extends ProjectInput {
  readonly project?: Given<ProjectInput>;
}

export interface DeployInput {
  readonly priority?: Given<number>;
  readonly bulkId?: Given<string>;
  readonly bulkName?: Given<string>;
  readonly buildVariables?: Given<
    readonly { readonly name?: Given<string>; readonly value?: Given<string> }[]
  >;
  readonly returnData?: Given<boolean>;
}

export interface DeployLatestInput extends DeployInput {
  readonly environment: EnvironmentInput;
}

export interface DeployBranchInput extends DeployInput {
  readonly project: ProjectInput;
  readonly branchName: string;
}

export interface PromoteInput extends DeployInput {
  readonly sourceEnvironment: EnvironmentInput;
  readonly project: ProjectInput;
  readonly destinationEnvironment: string;
}

export interface DeploymentInput extends ProjectInput {
  readonly environment?: Given<EnvironmentInput>;
}

export interface TaskKey {
  readonly id?: Given<number>;
  readonly taskName?: Given<string>;
  readonly environment?: Given<EnvironmentInput>;
}

export interface TaskInput {
  readonly name: string;
  readonly environment: number;
  readonly service?: Given<string>;
  readonly command?: Given<string>;
}

export interface Invocation {
  readonly advancedTaskDefinition: number;
  readonly environment: number;
  readonly argumentValues?: Given<readonly ArgumentValue[]>;
}

export interface VariableInput {
  readonly organization?: Given<string>;
  readonly project?: Given<string>;
  readonly environment?: Given<string>;
  readonly scope?: Given<string>;
  readonly name: string;
  readonly value: string;
}

export interface IdlingInput {
  readonly project: string;
  readonly environment: string;
  readonly idle: boolean;
}
