import type { DeploymentLookup } from '../lagoon.requests';
import { DEFAULT_LOOKUP_ROWS, ENVIRONMENTS_PER_REQUEST } from '../lagoon.requests';
import type { EnvironmentTarget } from '../lagoon.types';
import type { EnvironmentWithDeployments, ProjectRow } from './answer-rows';
import { isEnvironmentWithDeployments, isProject } from './lagoon.answers';
import { DEPLOYMENT, PROJECT } from './lagoon.documents';

/** One question asked many times in one request: slot n under the alias `s<n>`. */
export interface BatchDocument<I, T> {
  /** Most slots of one request: more make one answer slow for everybody waiting on it. */
  readonly size: number;
  /** The document for a number of slots, always the same text, so that a server can cache it. */
  readonly text: (slots: number) => string;
  /** Variables of one item; the slot's number goes behind each name. */
  readonly variablesOf: (item: I) => Readonly<Record<string, unknown>>;
  readonly fits: (value: unknown) => value is T;
}

type Slot = (slot: number) => { readonly variables: string; readonly field: string };

export const DEPLOYMENTS_OF_MANY: BatchDocument<DeploymentLookup, EnvironmentWithDeployments> = {
  size: ENVIRONMENTS_PER_REQUEST,
  text: documents('DeploymentsOfMany', (slot) => ({
    variables: `$e${slot}: Int!, $n${slot}: String, $l${slot}: Int`,
    field: `environmentById(id: $e${slot}) {
  deployments(name: $n${slot}, limit: $l${slot}) { ${DEPLOYMENT} }
}`,
  })),
  variablesOf: ({ environmentId, name, limit = DEFAULT_LOOKUP_ROWS }) => {
    return { e: environmentId, n: name, l: limit };
  },
  fits: isEnvironmentWithDeployments,
};

/** Each slot brings the whole list of its project. */
export const FIND_ENVIRONMENTS: BatchDocument<EnvironmentTarget, ProjectRow> = {
  size: ENVIRONMENTS_PER_REQUEST,
  text: documents('FindEnvironments', (slot) => ({
    variables: `$p${slot}: String!`,
    field: `projectByName(name: $p${slot}) { ${PROJECT} }`,
  })),
  variablesOf: ({ project }) => ({ p: project }),
  fits: isProject,
};

function documents(name: string, slotOf: Slot): (slots: number) => string {
  const known = new Map<number, string>();
  return (slots) => {
    const text = known.get(slots) ?? batchDocument(name, slots, slotOf);
    known.set(slots, text);
    return text;
  };
}

function batchDocument(name: string, count: number, slotOf: Slot): string {
  const slots = Array.from({ length: count }, (_, slot) => slotOf(slot));
  const variables = slots.map((slot) => slot.variables).join(', ');
  const fields = slots.map(({ field }, slot) => `s${slot}: ${field}`);
  return `query ${name}(${variables}) {\n${fields.join('\n')}\n}`;
}
