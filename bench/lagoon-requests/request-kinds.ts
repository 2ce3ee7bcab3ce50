import type { LedgerPage } from '../../tools/lagoon-simulator/src';

export const REQUEST_KINDS = ['look-ups', 'triggers', 'polls', 'tasks', 'health'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

const KINDS: Readonly<Record<string, RequestKind>> = {
  'query FindEnvironment': 'look-ups',
  'query FindEnvironments': 'look-ups',
  'query DeploymentsOf': 'look-ups',
  'query VariablesOf': 'look-ups',
  'mutation DeployLatest': 'triggers',
  'mutation DeployBranch': 'triggers',
  'mutation DeployPromote': 'triggers',
  'query DeploymentsOfMany': 'polls',
  'query DeploymentsByBulkId': 'polls',
  'mutation AddTask': 'tasks',
  'query TaskById': 'tasks',
  'query TasksOf': 'tasks',
  'query RoutesOf': 'health',
  'query IdleStateOf': 'health',
  'mutation Unidle': 'health',
  'query Ping': 'health',
};

/** What was asked of Lagoon, by purpose. Throws on an operation that has none here. */
export function requestsByKind({ requests }: LedgerPage): ReadonlyMap<RequestKind, number> {
  const counts = new Map<RequestKind, number>(REQUEST_KINDS.map((kind) => [kind, 0]));
  for (const [operation, count] of Object.entries(requests)) {
    const kind = KINDS[operation];
    if (kind === undefined) throw new Error(`The benchmark does not know what ${operation} is for`);
    counts.set(kind, (counts.get(kind) ?? 0) + count);
  }
  return counts;
}
