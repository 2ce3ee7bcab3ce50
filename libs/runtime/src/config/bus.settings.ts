import { count, optionalSecret, optionalText, type Setting } from './setting';

/** Where the bus is and as whom a process connects, and how the relay makes the stream there. */
export const BUS_SETTINGS = {
  natsUrl: {
    env: 'UPLIFT_NATS_URL',
    type: 'url',
    schemes: ['nats', 'tls'],
    secret: true,
    description:
      'Address of the NATS server, several separated by commas; user and password, or a token, may stand before an @',
  },
  natsToken: optionalSecret('UPLIFT_NATS_TOKEN', 'Token for the NATS server'),
  natsCreds: optionalSecret('UPLIFT_NATS_CREDS', 'Content of a .creds file for the NATS server'),
  natsNkeySeed: optionalSecret('UPLIFT_NATS_NKEY_SEED', 'Seed of an NKey for the NATS server'),
  natsTlsCa: optionalText(
    'UPLIFT_NATS_TLS_CA',
    'Path of the certificates of the authority that the NATS server is held against',
  ),
  natsTlsCert: optionalText(
    'UPLIFT_NATS_TLS_CERT',
    'Path of the certificate by which the NATS server knows this process',
  ),
  natsTlsKey: optionalText('UPLIFT_NATS_TLS_KEY', 'Path of the key of that certificate'),
  busReplicas: count(
    'UPLIFT_BUS_REPLICAS',
    1,
    'Copies of the stream on the bus when the relay makes it: 3 or 5 for a cluster; what its operator changes later stays',
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
