import type { DeadlineName } from '@uplift/domain';

/** How long each deadline of the lifecycle table is, in ms. */
export type DeadlineLimits = Readonly<Record<DeadlineName, number>>;
