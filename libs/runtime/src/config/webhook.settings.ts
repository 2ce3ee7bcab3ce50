import { count, ms, switchedOff, type Setting } from './setting';

/** How events are sent on to other systems. */
export const WEBHOOK_SETTINGS = {
  webhooksPostgresUrl: {
    env: 'UPLIFT_WEBHOOKS_POSTGRES_URL',
    type: 'url',
    schemes: ['postgres', 'postgresql'],
    secret: true,
    optional: true,
    description:
      'For the service of webhooks, which does not start without it, and `uplift migrate`: the same database, with a role that may use the tables of the webhooks and no others',
  },
  webhooksKey: {
    env: 'UPLIFT_WEBHOOKS_KEY',
    type: 'list',
    secret: true,
    description:
      'For the service of webhooks, which does not start without it: seals the secrets of webhooks in the database, at least 32 characters. Of several, separated by commas, the first seals and all of them open',
  },
  webhooksMost: count('UPLIFT_WEBHOOKS', 50, 'Webhooks that there may be at most'),
  webhookTimeoutMs: ms(
    'UPLIFT_WEBHOOK_TIMEOUT_MS',
    10_000,
    'End of one call of a webhook, from the look-up of its name to the head of its answer',
  ),
  webhookRetryFirstMs: ms(
    'UPLIFT_WEBHOOK_RETRY_FIRST_MS',
    1_000,
    'Pause before the second attempt of a delivery; each is up to twice as long as the one before',
  ),
  webhookRetryLongestMs: ms(
    'UPLIFT_WEBHOOK_RETRY_LONGEST_MS',
    900_000,
    'Longest pause between two attempts of a delivery, also where the receiver asks for a longer one',
  ),
  webhookGiveUpMs: ms(
    'UPLIFT_WEBHOOK_GIVE_UP_MS',
    259_200_000,
    'Time after which a delivery is given up that fails again; it can be replayed',
  ),
  webhookKeepDays: count(
    'UPLIFT_WEBHOOK_KEEP_DAYS',
    30,
    'Days for which deliveries are kept; an older event is sent to nobody',
  ),
  webhookHostSuffixes: {
    env: 'UPLIFT_WEBHOOK_HOST_SUFFIXES',
    type: 'list',
    default: '',
    description: 'Hosts of webhooks must end with one of these, if any is named',
  },
  webhookAllowLoopback: switchedOff(
    'UPLIFT_WEBHOOK_ALLOW_LOOPBACK',
    'Also calls http on this machine, for development',
  ),
} as const satisfies Record<string, Setting>;
