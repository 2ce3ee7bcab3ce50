import {
  COMMAND_ALIASES,
  BUS_COMMAND_SUBJECTS,
  COMMAND_SUBJECT_ROOT,
  EVENTS_STREAM,
  EVENT_SUBJECT_ROOT,
  HEARTBEAT_SUBJECT,
  QUERY_SUBJECTS,
  QUERY_SUBJECT_ROOT,
  WEBHOOK_SUBJECT_ROOT,
} from '@uplift/contracts';
import { UPGRADE_STAGES, type UpgradeStage } from '@uplift/domain';
import { ALL_CONSUMERS, CONSUMERS, WEBHOOKS_CONSUMER } from './bus-topology';

/** What a user of the bus may do; everything else is denied. */
export interface BusPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** It may answer each request that it gets once, wherever the answer is wanted. */
  readonly answers: boolean;
}

/** What one process of the stage workers may work on. */
export type StageProcess = UpgradeStage | 'watchdog';

export const STAGE_PROCESSES: readonly StageProcess[] = [...UPGRADE_STAGES, 'watchdog'];

/** User of a process that works on all stages and is the watchdog as well. */
const ALL_STAGES = 'stages';

/** Joins the names of a process that works on several. */
const AND = '_';

/** The bus user of a process that works on these, each a set of its own rights and of its own answers. */
export function stageUser(stages: readonly StageProcess[]): string {
  const named = STAGE_PROCESSES.filter((stage) => stages.includes(stage));
  return named.length === STAGE_PROCESSES.length ? ALL_STAGES : named.join(AND);
}

/** Where a user's answers and messages come, and nobody else's. */
export function inboxPrefixOf(user: string): string {
  return `_INBOX_${user}`;
}

/** The users of one installation that runs each stage as a process of its own, or all as one. */
export const SERVICE_USERS = [
  'relay',
  'projector',
  'command-api',
  'webhooks',
  ...STAGE_PROCESSES,
  ALL_STAGES,
] as const;

/** For people and tools that look after the bus: all of its account. No service runs as it. */
export const OPERATOR_USER = 'operator';

/** A service of another team: what it was given, by subject, and a durable consumer that an operator has made for it. */
export interface TeamService {
  readonly name: string;
  readonly commands?: readonly string[];
  readonly queries?: readonly string[];
  readonly events?: readonly string[];
  readonly durable?: string;
}

/** A service of a team wants what no team can have; the message says what it can. */
export class TeamServiceError extends Error {
  readonly code = 'team-service';
}

/** Undefined for a name that no service of ours has. */
export function permissionsOf(user: string): BusPermissions | undefined {
  if (Object.hasOwn(OWN, user)) return OWN[user as keyof typeof OWN](user);
  const stages = STAGE_PROCESSES.filter((stage) => partsOf(user).includes(stage));
  return stages.length > 0 && stageUser(stages) === user ? ofStages(user, stages) : undefined;
}

/** Throws TeamServiceError. */
export function permissionsOfTeam(service: TeamService): BusPermissions {
  const fault = nameFault(service.name) ?? subjectFault(service) ?? durableFault(service.durable);
  if (fault !== undefined) throw new TeamServiceError(`${JSON.stringify(service.name)}: ${fault}`);
  const { name, commands = [], queries = [], events = [], durable } = service;
  return {
    publish: [...commands, ...queries, ...(durable === undefined ? [] : rightsOnConsumer(durable))],
    subscribe: [...events, inboxOf(name)],
    answers: false,
  };
}

/** It stands in subjects, in the accounts file and in the name of a file. */
const TEAM_NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

function nameFault(name: string): string | undefined {
  if (!TEAM_NAME.test(name)) {
    return 'a name has at most 63 small letters, digits, - and _, and begins with no sign';
  }
  return permissionsOf(name) === undefined ? undefined : 'a service of Uplift has this name';
}

const TEAM_COMMANDS = [...Object.values(BUS_COMMAND_SUBJECTS), ...Object.keys(COMMAND_ALIASES)];
const TEAM_QUERIES: readonly string[] = Object.values(QUERY_SUBJECTS);
const BELOW_EVENTS = /^(\.(\*|[\w-]+))*\.(\*|>|[\w-]+)$/;

function subjectFault({ commands = [], queries = [], events = [] }: TeamService) {
  const command = commands.find((subject) => !TEAM_COMMANDS.includes(subject));
  if (command !== undefined) return notAmong('command', command, TEAM_COMMANDS);
  const query = queries.find((subject) => !TEAM_QUERIES.includes(subject));
  if (query !== undefined) return notAmong('query', query, TEAM_QUERIES);
  const event = events.find((subject) => !isOfEvents(subject));
  if (event === undefined) return undefined;
  return `${JSON.stringify(event)} is no subject of events: they are below ${EVENT_SUBJECT_ROOT}`;
}

function notAmong(kind: string, subject: string, known: readonly string[]): string {
  return `${JSON.stringify(subject)} is no ${kind}; there are ${known.join(', ')}`;
}

function isOfEvents(subject: string): boolean {
  const root = subject.slice(0, EVENT_SUBJECT_ROOT.length);
  return root === EVENT_SUBJECT_ROOT && BELOW_EVENTS.test(subject.slice(root.length));
}

function durableFault(durable: string | undefined): string | undefined {
  if (durable === undefined) return undefined;
  if (!/^[\w-]+$/.test(durable)) return 'the name of a durable has letters, digits, - and _ only';
  const isOurs = ALL_CONSUMERS.some((consumer) => consumer.durable === durable);
  return isOurs ? `the durable ${durable} is one of Uplift` : undefined;
}

function partsOf(user: string): readonly string[] {
  return user === ALL_STAGES ? STAGE_PROCESSES : user.split(AND);
}

const api = (call: string) => `$JS.API.${call}.${EVENTS_STREAM}`;
const below = (root: string) => `${root}.>`;
const inboxOf = (user: string) => below(inboxPrefixOf(user));

/** Every process that appends holds the newest event on the bus against the store. */
const READ_STREAM = [api('STREAM.INFO'), api('STREAM.MSG.GET')];

/** By which it is found and measured, alone or among all. */
const discovery = (service: string) => [
  ...['$SRV.PING', '$SRV.INFO', '$SRV.STATS'],
  ...[`$SRV.*.${service}`, `$SRV.*.${service}.*`],
];

const OWN = {
  relay: (user: string): BusPermissions => ({
    publish: [
      below(EVENT_SUBJECT_ROOT),
      ...READ_STREAM,
      ...[api('STREAM.CREATE'), api('STREAM.UPDATE'), api('CONSUMER.LIST')],
      `${api('CONSUMER.INFO')}.*`,
      ...ALL_CONSUMERS.map(({ durable, filterSubject }) =>
        [api('CONSUMER.CREATE'), durable, filterSubject].join('.'),
      ),
    ],
    subscribe: [inboxOf(user)],
    answers: false,
  }),
  projector: (user: string): BusPermissions => ({
    publish: [],
    subscribe: [below(QUERY_SUBJECT_ROOT), ...discovery('uplift-projector'), inboxOf(user)],
    answers: true,
  }),
  'command-api': (user: string): BusPermissions => ({
    publish: [
      ...[below(QUERY_SUBJECT_ROOT), below(WEBHOOK_SUBJECT_ROOT), HEARTBEAT_SUBJECT],
      ...READ_STREAM,
    ],
    subscribe: [
      below(COMMAND_SUBJECT_ROOT),
      ...Object.keys(COMMAND_ALIASES),
      ...discovery('uplift-command-api'),
      inboxOf(user),
    ],
    answers: true,
  }),
  webhooks: (user: string): BusPermissions => ({
    publish: [...READ_STREAM, ...rightsOnConsumer(WEBHOOKS_CONSUMER.durable)],
    subscribe: [below(WEBHOOK_SUBJECT_ROOT), ...discovery('uplift-webhooks'), inboxOf(user)],
    answers: true,
  }),
  [OPERATOR_USER]: (): BusPermissions => ({ publish: ['>'], subscribe: ['>'], answers: false }),
};

function ofStages(user: string, stages: readonly StageProcess[]): BusPermissions {
  const consumers = CONSUMERS.filter(({ stage }) => stages.includes(stage));
  const isWatchdog = stages.includes('watchdog');
  return {
    publish: [
      ...READ_STREAM,
      ...consumers.flatMap(({ durable }) => rightsOnConsumer(durable)),
      ...(isWatchdog ? [`${api('CONSUMER.INFO')}.*`] : []),
    ],
    subscribe: [
      ...(isWatchdog ? [HEARTBEAT_SUBJECT, ...discovery('uplift-watchdog')] : []),
      inboxOf(user),
    ],
    answers: isWatchdog,
  };
}

/** To take its messages and answer for them; servers of a JetStream domain put two tokens before the stream. */
function rightsOnConsumer(durable: string): readonly string[] {
  return [
    `${api('CONSUMER.INFO')}.${durable}`,
    `${api('CONSUMER.MSG.NEXT')}.${durable}`,
    `$JS.ACK.${EVENTS_STREAM}.${durable}.>`,
    `$JS.ACK.*.*.${EVENTS_STREAM}.${durable}.>`,
  ];
}
