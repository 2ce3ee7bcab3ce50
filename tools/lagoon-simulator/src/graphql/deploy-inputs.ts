import type { EnvironmentInput, ProjectInput } from './located';

export interface DeployInput {
  readonly priority?: number | null;
  readonly bulkId?: string | null;
  readonly bulkName?: string | null;
  readonly buildVariables?: readonly { name?: string | null; value?: string | null }[] | null;
  readonly returnData?: boolean | null;
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
