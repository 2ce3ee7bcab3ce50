import { count, optionalText, type Setting } from './setting';

/** How the relay makes the stream on the bus. What its operator changes later stays. */
export const BUS_SETTINGS = {
  busReplicas: count(
    'UPLIFT_BUS_REPLICAS',
    1,
    'Copies of the stream on the bus when the relay makes it: 3 or 5 for a cluster',
  ),
  busMaxBytes: {
    env: 'UPLIFT_BUS_MAX_BYTES',
    type: 'integer',
    default: 0,
    unit: 'bytes',
    minimum: 0,
    description:
      'Size of the stream on the bus when the relay makes it, at which it takes no more; 0 for no limit',
  },
  busPlacementCluster: optionalText(
    'UPLIFT_BUS_PLACEMENT_CLUSTER',
    'NATS cluster that holds the stream when the relay makes it',
  ),
  busPlacementTags: {
    env: 'UPLIFT_BUS_PLACEMENT_TAGS',
    type: 'list',
    default: '',
    description: 'Tags of the NATS servers that hold the stream when the relay makes it',
  },
} as const satisfies Record<string, Setting>;
