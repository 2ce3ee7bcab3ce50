const DEPLOYMENT = 'id name status buildStep created started completed bulkId bulkName';
const TASK = 'id name taskName status service created started completed';

/** Deleted environments keep their rows and would answer as twins: never asked for. */
export const FIND_ENVIRONMENT = `query FindEnvironment($project: String!) {
  projectByName(name: $project) {
    id deploymentsDisabled
    environments(includeDeleted: false) {
      id name environmentType deployType idleState route routes deployments(limit: 1) { name status }
    }
  }
}`;

export const DEPLOYMENTS_OF = `query DeploymentsOf($environment: Int!, $name: String, $limit: Int) {
  environmentById(id: $environment) { id deployments(name: $name, limit: $limit) { ${DEPLOYMENT} } }
}`;

export const DEPLOYMENTS_BY_BULK_ID = `query DeploymentsByBulkId($bulkId: String) {
  deploymentsByBulkId(bulkId: $bulkId) { ${DEPLOYMENT} }
}`;

export const TASKS_OF = `query TasksOf($environment: Int!, $limit: Int) {
  environmentById(id: $environment) { id tasks(limit: $limit) { ${TASK} } }
}`;

export const TASK_BY_ID = `query TaskById($id: Int) { taskById(id: $id) { ${TASK} } }`;

export const ROUTES_OF = `query RoutesOf($environment: Int!) {
  environmentById(id: $environment) { id route routes }
}`;

export const PING = 'query Ping { lagoonVersion }';

export const DEPLOY_LATEST = `mutation DeployLatest($input: DeployEnvironmentLatestInput!) {
  deployEnvironmentLatest(input: $input)
}`;

export const DEPLOY_BRANCH = `mutation DeployBranch($input: DeployEnvironmentBranchInput!) {
  deployEnvironmentBranch(input: $input)
}`;

export const ADD_TASK = `mutation AddTask($input: TaskInput!) { addTask(input: $input) { id name taskName } }`;

/** Most look-ups in one request: more make one answer slow for everybody waiting on it. */
export const MAX_LOOKUPS = 50;

const lookupDocuments = new Map<number, string>();

/** One document per number of look-ups, so that a server can cache them by text. */
export function deploymentsOfMany(count: number): string {
  const known = lookupDocuments.get(count);
  if (known !== undefined) return known;
  const slots = Array.from({ length: count }, (_, slot) => slot);
  const variables = slots.map((slot) => `$e${slot}: Int!, $n${slot}: String`).join(', ');
  const fields = slots.map(
    (slot) =>
      `e${slot}: environmentById(id: $e${slot}) { deployments(name: $n${slot}, limit: 1) { ${DEPLOYMENT} } }`,
  );
  const document = `query DeploymentsOfMany(${variables}) {\n${fields.join('\n')}\n}`;
  lookupDocuments.set(count, document);
  return document;
}
