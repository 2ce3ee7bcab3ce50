/** The part of Lagoon's schema that an upgrade touches, under Lagoon's own names and nullability. */
export const LAGOON_SDL = /* GraphQL */ `
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

  type Project {
    id: Int
    name: String
    productionEnvironment: String
    autoIdle: Int
    deploymentsDisabled: Int
    environments(type: EnvType, includeDeleted: Boolean): [Environment]
  }

  type Environment {
    id: Int
    name: String
    project: Project
    deployType: String
    deployBaseRef: String
    environmentType: String
    deleted: String
    idleState: String
    route: String
    routes: String
    deployments(name: String, limit: Int): [Deployment]
    tasks(id: Int, taskName: String, limit: Int): [Task]
    services: [EnvironmentService]
  }

  type EnvironmentService {
    id: Int
    name: String
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
    sourceType: String
    buildType: String
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
    remoteId: String
    logs: String
  }

  type User {
    id: String
    email: String
  }

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
  }

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
  }

  type Mutation {
    deployEnvironmentLatest(input: DeployEnvironmentLatestInput!): String
    deployEnvironmentBranch(input: DeployEnvironmentBranchInput!): String
    cancelDeployment(input: CancelDeploymentInput!): String
    addTask(input: TaskInput!): Task
  }
`;
