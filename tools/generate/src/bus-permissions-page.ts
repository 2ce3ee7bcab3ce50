import type { BusPermissions } from '@uplift/bus';
import { OPERATOR_USER, permissionsOf, SERVICE_USERS } from '@uplift/bus';

const HEAD = [
  '# Rights on the bus',
  '',
  'Generated from the tables of subjects and consumers in `libs/contracts` and `libs/bus` by `npm run generate`: do not edit.',
  '',
  'What each user of the bus may publish to and subscribe to; everything else is denied. `npm run nats:accounts` writes the same for a',
  'nats-server: see [users of the bus](bus-users.md). A user who answers may publish one answer to each request that it gets, within two minutes.',
  `The user \`${OPERATOR_USER}\` may do anything in the account; no service runs as it. \`stages\` is the process that works on all stages and is the watchdog as well.`,
];

/** docs/bus-permissions.md: who may do what on the bus. */
export function busPermissionsPage(): string {
  return [...HEAD, ...SERVICE_USERS.flatMap(sectionOf), ''].join('\n');
}

function sectionOf(user: string): readonly string[] {
  const permissions = permissionsOf(user);
  if (permissions === undefined) throw new Error(`The table knows no user ${user}`);
  return ['', `## ${user}`, '', ...listOf(permissions)];
}

function listOf({ publish, subscribe, answers }: BusPermissions): readonly string[] {
  return [
    ...linesOf('Publishes to', publish),
    '',
    ...linesOf('Subscribes to', subscribe),
    '',
    answers ? 'Answers requests.' : 'Answers nobody.',
  ];
}

function linesOf(title: string, subjects: readonly string[]): readonly string[] {
  if (subjects.length === 0) return [`${title} nothing.`];
  return [`${title}:`, '', ...subjects.map((subject) => `- \`${subject}\``)];
}
