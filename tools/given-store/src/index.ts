export { GivenStoreError, openGivenStore, shownStore, storeArgument } from './given-store';
export type { GivenStore } from './given-store';
