export const LAGOON_OPERATIONS = /* GraphQL */ `
  type Query {
    me: User
    lagoonVersion: JSON
    projectByName(name: String!): Project
    environmentByName(name: String!, project: Int!, includeDeleted: Boolean): Environment
    environmentById(id: Int!): Environment
    deploymentsByBulkId(bulkId: String): [Deployment]
    deploymentByName(input: DeploymentByNameInput): Deployment
    taskById(id: Int): Task
    taskByTaskName(taskName: String): Task
    advancedTasksForEnvironment(environment: Int!): [AdvancedTaskDefinition]
  }

  type Mutation {
    deployEnvironmentLatest(input: DeployEnvironmentLatestInput!): String
    deployEnvironmentBranch(input: DeployEnvironmentBranchInput!): String
    deployEnvironmentPromote(input: DeployEnvironmentPromoteInput!): String
    cancelDeployment(input: CancelDeploymentInput!): String
    addTask(input: TaskInput!): Task
    cancelTask(input: CancelTaskInput!): String
    invokeRegisteredTask(
      advancedTaskDefinition: Int!
      environment: Int!
      argumentValues: [AdvancedTaskDefinitionArgumentValueInput]
    ): Task
    addOrUpdateEnvVariableByName(input: EnvVariableByNameInput!): EnvKeyValue
    idleOrUnidleEnvironment(input: EnvironmentIdlingInput!): String
  }
`;
