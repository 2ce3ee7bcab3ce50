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
