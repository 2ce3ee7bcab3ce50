/** What callers send. An environment, a project or a build is named by its id, or by its names. */
export const LAGOON_INPUTS = /* GraphQL */ `
  input ProjectInput {
    id: Int
    name: String
  }

  input EnvironmentInput {
    id: Int
    name: String
    project: ProjectInput
  }

  input DeploymentInput {
    id: Int
    name: String
    environment: EnvironmentInput
  }

  input DeploymentByNameInput {
    environment: String
    project: String
    name: String
  }

  input EnvKeyValueInput {
    name: String
    value: String
  }

  input DeployEnvironmentLatestInput {
    environment: EnvironmentInput!
    priority: Int
    bulkId: String
    bulkName: String
    buildVariables: [EnvKeyValueInput]
    returnData: Boolean
  }

  input DeployEnvironmentBranchInput {
    project: ProjectInput!
    branchName: String!
    branchRef: String
    priority: Int
    bulkId: String
    bulkName: String
    buildVariables: [EnvKeyValueInput]
    returnData: Boolean
  }

  input DeployEnvironmentPromoteInput {
    sourceEnvironment: EnvironmentInput!
    project: ProjectInput!
    destinationEnvironment: String!
    priority: Int
    bulkId: String
    bulkName: String
    buildVariables: [EnvKeyValueInput]
    returnData: Boolean
  }

  input CancelDeploymentInput {
    deployment: DeploymentInput!
  }

  input TaskInput {
    id: Int
    name: String!
    status: TaskStatusType
    created: String
    started: String
    completed: String
    environment: Int!
    service: String
    command: String
    remoteId: String
    execute: Boolean
    sourceUser: String
    sourceType: TaskSourceType
  }

  input CancelTaskNameInput {
    id: Int
    taskName: String
    environment: EnvironmentInput
  }

  input CancelTaskInput {
    task: CancelTaskNameInput!
  }

  input AdvancedTaskDefinitionArgumentValueInput {
    advancedTaskDefinitionArgumentName: String
    value: String
  }

  input EnvVariableByNameInput {
    organization: String
    project: String
    environment: String
    scope: EnvVariableScope
    name: String!
    value: String!
  }

  input EnvironmentIdlingInput {
    project: String!
    environment: String!
    idle: Boolean!
    disableAutomaticUnidling: Boolean
  }
`;
