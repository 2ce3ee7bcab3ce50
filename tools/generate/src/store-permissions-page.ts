import {
  allowsOperation,
  STORE_GROUPS,
  STORE_OPERATIONS,
  STORE_USERS,
  type StoreOperation,
  type StoreRight,
} from '@uplift/event-store';

const HEAD = [
  '# Rights in the event store',
  '',
  'Generated from the tables in `libs/event-store` by `npm run generate`: do not edit.',
  '',
  'What each user of the store may do. `uplift store setup` makes them: see [users of the store](store-users.md). A test tries every cell',
  'on the embedded server, which asks for users and rights as EventStoreDB does.',
  '',
];

const USERS = Object.entries(STORE_USERS);
const OPERATIONS = Object.keys(STORE_OPERATIONS) as StoreOperation[];

/** docs/store-permissions.md: who may do what in the store. */
export function storePermissionsPage(): string {
  return [...HEAD, ...groups(), '', ...operations(), ''].join('\n');
}

function groups(): readonly string[] {
  const rows = Object.entries(STORE_GROUPS).map(([right, group]) => {
    const members = USERS.filter(([, rights]) => rights.includes(right as StoreRight));
    return [`\`${group}\``, right, members.map(([user]) => `\`${user}\``).join(', ')];
  });
  return table(['Group', 'Right', 'Members'], rows);
}

function operations(): readonly string[] {
  const rows = OPERATIONS.map((operation) => [
    operation,
    ...USERS.map(([, rights]) => (allowsOperation(rights, operation) ? 'yes' : '-')),
  ]);
  return table(['', ...USERS.map(([user]) => `\`${user}\``)], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
