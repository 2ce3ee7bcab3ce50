export { asksForHelp, readArguments, UsageError } from './command-arguments';
export { ensureBuilt, projectRoot } from './workspace/workspace';
export { createTempFolder } from './process/temp-folder';
export type { TempFolder } from './process/temp-folder';
export type { StackPart } from './process/stack-part';
export { ManagedProcess } from './process/managed-process';
export type { Ports } from './process/managed-process';
export { childrenOf, processMemory, processUsage } from './process/process-info';
export type { ProcessMemory, ProcessUsage } from './process/process-info';
export type { Exit } from './process/supervised-process';
export { unusedSettings, upliftEnvironment } from './process/uplift-environment';
export { NATS_VERSION } from './nats/nats-release';
export { NatsCluster } from './nats/nats-cluster';
export { NatsServer } from './nats/nats-server';
export { PostgresServer } from './postgres/postgres-server';
export { startNamespace } from './stack/infrastructure';
export type { InfrastructureName } from './stack/infrastructure';
export {
  INSTALLATIONS,
  isServiceName,
  OPTIONAL_SERVICES,
  QUICK_STEPS,
  SERVICE_NAMES,
} from './stack/services';
export type { Installation, ServiceName } from './stack/services';
export { Stack } from './stack/stack';
export type { StackOptions } from './stack/stack';
export { mintRootToken } from './stack/root-token';
