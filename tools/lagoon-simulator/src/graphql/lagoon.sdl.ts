/**
 * The part of Lagoon's schema that an upgrade touches, under Lagoon's own names and nullability: everything that
 * is answered may be null, statuses and scopes are enums only where they come in, and an environment, a project
 * or a build is named by its id or by its names.
 */
export const LAGOON_SDL = /* GraphQL */ `
  scalar JSON

  enum EnvType {
    PRODUCTION
    DEVELOPMENT
  }

  enum DeploymentSourceType {
    API
    WEBHOOK
    CLONE
  }

  enum DeploymentBuildType {
    BUILD
    VARIABLES
  }

  enum TaskSourceType {
    API
  }

  enum TaskPermission {
    MAINTAINER
    DEVELOPER
    GUEST
  }

  enum AdvancedTaskDefinitionTypes {
    COMMAND
    IMAGE
  }

  enum EnvVariableScope {
    BUILD
    RUNTIME
    GLOBAL
    CONTAINER_REGISTRY
    INTERNAL_CONTAINER_REGISTRY
  }

  enum ProjectRestriction {
    NO_DEPLOYMENTS
    NO_PROJECT_VARIABLES
    NO_ENVIRONMENT_VARIABLES
  }

  type Project {
    id: Int
    name: String
    productionEnvironment: String
    autoIdle: Int
    deploymentsDisabled: Int
    restrictions: [ProjectRestriction]
    environments(type: EnvType, includeDeleted: Boolean): [Environment]
    envVariables: [EnvKeyValue]
  }

  type Environment {
    id: Int
    name: String
    project: Project
    deployType: String
    deployBaseRef: String
    autoIdle: Int
    environmentType: String
    created: String
    deleted: String
    idleState: String
    route: String
    routes: String
    envVariables: [EnvKeyValue]
    pendingChanges: [EnvironmentPendingChanges]
    deployments(name: String, limit: Int): [Deployment]
    tasks(id: Int, taskName: String, limit: Int): [Task]
    services: [EnvironmentService]
    advancedTasks: [AdvancedTaskDefinition]
  }

  type EnvironmentService {
    id: Int
    name: String
    replicas: Int
  }

  type EnvironmentPendingChanges {
    type: String
    details: String
    date: String
  }

  type EnvKeyValue {
    id: Int
    scope: String
    name: String
    value: String
  }

  type Deployment {
    id: Int
    name: String
    status: String
    created: String
    started: String
    completed: String
    environment: Environment
    remoteId: String
    buildLog: String
    priority: Int
    bulkId: String
    bulkName: String
    buildStep: String
    sourceUser: String
    sourceType: DeploymentSourceType
    buildType: DeploymentBuildType
  }

  type Task {
    id: Int
    name: String
    taskName: String
    status: String
    created: String
    started: String
    completed: String
    environment: Environment
    service: String
    command: String
    sourceType: TaskSourceType
  }

  type AdvancedTaskDefinitionArgument {
    id: Int
    name: String
    type: String
  }

  type AdvancedTaskDefinitionImage {
    id: Int
    name: String
    type: AdvancedTaskDefinitionTypes
    service: String
    environment: Int
    permission: TaskPermission
    advancedTaskDefinitionArguments: [AdvancedTaskDefinitionArgument]
  }

  type AdvancedTaskDefinitionCommand {
    id: Int
    name: String
    type: AdvancedTaskDefinitionTypes
    service: String
    command: String
    environment: Int
    permission: TaskPermission
    advancedTaskDefinitionArguments: [AdvancedTaskDefinitionArgument]
  }

  union AdvancedTaskDefinition = AdvancedTaskDefinitionImage | AdvancedTaskDefinitionCommand

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
    name: String!
    environment: Int!
    service: String
    command: String
    execute: Boolean
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

  input IdleEnvironmentInput {
    project: String!
    environment: String!
    idle: Boolean!
    disableAutomaticUnidling: Boolean
  }

  type Query {
    lagoonVersion: JSON
    projectByName(name: String!): Project
    environmentByName(name: String!, project: Int!, includeDeleted: Boolean): Environment
    environmentById(id: Int!): Environment
    deploymentsByBulkId(bulkId: String): [Deployment]
    taskById(id: Int): Task
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
    idleOrUnidleEnvironment(input: IdleEnvironmentInput!): String
  }
`;
