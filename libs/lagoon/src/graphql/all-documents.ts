import * as reads from './lagoon.documents';
import * as mutations from './mutation.documents';

/** Every document of a fixed text; the batched ones grow with the number of their look-ups. */
export const ALL_DOCUMENTS: readonly { readonly name: string; readonly text: string }[] = [
  reads.FIND_ENVIRONMENT,
  reads.DEPLOYMENTS_OF,
  reads.DEPLOYMENTS_BY_BULK_ID,
  reads.TASKS_OF,
  reads.TASK_BY_ID,
  reads.REGISTERED_TASKS_OF,
  reads.VARIABLES_OF,
  reads.IDLE_STATE_OF,
  reads.ROUTES_OF,
  reads.PING,
  mutations.DEPLOY_LATEST,
  mutations.DEPLOY_BRANCH,
  mutations.DEPLOY_PROMOTE,
  mutations.CANCEL_DEPLOYMENT,
  mutations.ADD_TASK,
  mutations.INVOKE_REGISTERED_TASK,
  mutations.CANCEL_TASK,
  mutations.SET_VARIABLE,
  mutations.UNIDLE,
].map(({ name, text }) => ({ name, text }));
