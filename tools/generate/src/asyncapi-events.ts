import type { EventCategory } from '@uplift/contracts';
import {
  EVENT_CATEGORIES,
  EVENT_SUBJECT_ROOT,
  eventNameOf,
  eventSchema,
  eventVersion,
} from '@uplift/contracts';

const ABOUT: Readonly<Record<EventCategory, { readonly id: string; readonly about: string }>> = {
  instance: {
    id: 'instanceId',
    about: 'Kept by JetStream in UPLIFT_EVENTS. One instance is `uplift.evt.v1.instance.*.<uuid>`.',
  },
  system: {
    id: 'systemId',
    about:
      'The switches of all starts, findings, decisions of operators, API tokens, erased names: one stream of each kind.',
  },
  environment: {
    id: 'environmentId',
    about:
      'Which instance an environment of Lagoon belongs to: reserved before it is registered, freed when it is deregistered.',
  },
  audit: {
    id: 'auditId',
    about:
      'What was read that only the scope audit:read opens: one stream for each hour, in it one event per caller and route.',
  },
  refusal: {
    id: 'refusalId',
    about:
      'Commands that were refused to an instance, at most one event per instance, rule and hour; and commands that were denied to their callers, in one stream for each hour.',
  },
};

/** The part of contracts/asyncapi.yaml that follows from the events: a channel per category, a message per event. */
export function asyncapiEvents(): string {
  const categories = Object.keys(EVENT_CATEGORIES) as readonly EventCategory[];
  const channels = categories.map(
    (category) => [`${category}Events`, channelOf(category)] as const,
  );
  return `${JSON.stringify({ channels: Object.fromEntries(channels) }, null, 2)}\n`;
}

function channelOf(category: EventCategory) {
  const { id, about } = ABOUT[category];
  const messages = Object.keys(EVENT_CATEGORIES[category].schemas).map(
    (type) => [type, messageOf(category, type)] as const,
  );
  return {
    address: `${EVENT_SUBJECT_ROOT}.${category}.{eventName}.{${id}}`,
    description: about,
    parameters: {
      eventName: {
        description: 'The event type in kebab-case, for example `upgrade-requested`.',
      },
      [id]: { description: 'Id of the stream.' },
    },
    messages: Object.fromEntries(messages),
  };
}

function messageOf(category: EventCategory, type: string) {
  const name = eventNameOf(type);
  const version = eventVersion(category, type);
  return {
    name: `io.uplift.${category}.${name}.v${version}`,
    summary: eventSchema(category, type).description,
    headers: { $ref: './asyncapi.yaml#/components/schemas/EventHeaders' },
    payload: { $ref: `./schemas/${category}.${name}.v${version}.json` },
  };
}
