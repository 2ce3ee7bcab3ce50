import { LAGOON_INPUTS } from './lagoon-inputs.sdl';

/** What Lagoon answers: everything may be null. */
export const LAGOON_TYPES = /* GraphQL */ `
  type Project {
    id: Int
    name: String
    productionEnvironment: String
    standbyProductionEnvironment: String
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
    deployHeadRef: String
    deployTitle: String
    autoIdle: Int
    environmentType: String
    updated: String
    created: String
    deleted: String
    idleState: String
    route: String
    routes: String
    envVariables: [EnvKeyValue]
    pendingChanges: [EnvironmentPendingChanges]
    deployments(name: String, limit: Int): [Deployment]
    tasks(id: Int, taskName: String, limit: Int): [Task]
    advancedTasks: [AdvancedTaskDefinition]
    services: [EnvironmentService]
  }

  type EnvironmentPendingChanges {
    type: String
    details: String
    date: String
  }

  type EnvironmentService {
    id: Int
    name: String
    type: String
    replicas: Int
    containers: [ServiceContainer]
    created: String
    updated: String
  }

  type ServiceContainer {
    name: String
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
    uiLink: String
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
    deployTokenInjection: Boolean
    projectKeyInjection: Boolean
    adminOnlyView: Boolean
    remoteId: String
    logs: String
    sourceUser: String
    sourceType: TaskSourceType
  }

  type AdvancedTaskDefinitionArgument {
    id: Int
    name: String
    displayName: String
    type: String
    defaultValue: String
    optional: Boolean
    range: [String]
    advancedTaskDefinition: AdvancedTaskDefinition
  }

  type AdvancedTaskDefinitionImage {
    id: Int
    name: String
    description: String
    confirmationText: String
    type: AdvancedTaskDefinitionTypes
    image: String
    service: String
    groupName: String
    environment: Int
    project: Int
    permission: TaskPermission
    advancedTaskDefinitionArguments: [AdvancedTaskDefinitionArgument]
    created: String
    deleted: String
  }

  type AdvancedTaskDefinitionCommand {
    id: Int
    name: String
    description: String
    confirmationText: String
    type: AdvancedTaskDefinitionTypes
    service: String
    command: String
    groupName: String
    environment: Int
    project: Int
    permission: TaskPermission
    advancedTaskDefinitionArguments: [AdvancedTaskDefinitionArgument]
    created: String
    deleted: String
  }

  union AdvancedTaskDefinition = AdvancedTaskDefinitionImage | AdvancedTaskDefinitionCommand

  type User {
    id: String
    email: String
    firstName: String
    lastName: String
  }
`;

/** Statuses and scopes are enums only where they come in: answers carry lower-case strings. */
export const LAGOON_ENUMS = /* GraphQL */ `
  scalar JSON

  enum EnvType {
    PRODUCTION
    DEVELOPMENT
  }

  enum DeploymentStatusType {
    NEW
    PENDING
    RUNNING
    CANCELLED
    ERROR
    FAILED
    COMPLETE
    QUEUED
  }

  enum DeploymentSourceType {
    API
    WEBHOOK
  }

  enum DeploymentBuildType {
    BUILD
    VARIABLES
  }

  enum TaskStatusType {
    NEW
    PENDING
    RUNNING
    CANCELLED
    ERROR
    FAILED
    COMPLETE
    QUEUED
    ACTIVE
    SUCCEEDED
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
`;

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

/** The part of Lagoon's schema that an upgrade touches, under Lagoon's own names and nullability. */
export const LAGOON_SDL = [LAGOON_ENUMS, LAGOON_TYPES, LAGOON_INPUTS, LAGOON_OPERATIONS].join('\n');
