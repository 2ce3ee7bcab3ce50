import type { Mutant } from '../mutant';

const ACCESS = 'apps/command-api/src/access';
const KEEPER = `${ACCESS}/actor-name-keeper.ts`;
const KEEPER_SPEC = `${ACCESS}/actor-name-keeper.unit.spec.ts`;
const TABLE_SPEC = 'test/contract/command-api/actor-names.int.spec.ts';

/** The names of those whom events name by id. */
export const ACTOR_MUTANTS: readonly Mutant[] = [
  {
    id: 'erased-name-written-again',
    breaks: ['I-32'],
    what: 'an erased actor that comes back with a token has a name again',
    file: `${ACCESS}/postgres.actor-names.ts`,
    search: 'where known.name is not null and known.name <> excluded.name`',
    replacement: 'where known.name is distinct from excluded.name`',
    test: {
      spec: TABLE_SPEC,
      name: 'keeps no name of whom it was told to erase, before or after there was one',
    },
  },
  {
    id: 'restored-names-stay',
    breaks: ['I-32'],
    what: 'a table that was put back to an older copy brings erased names back',
    file: KEEPER,
    search: 'await names.erase([...this.erased]);',
    replacement: 'await names.erase([]);',
    test: {
      spec: KEEPER_SPEC,
      name: 'stays erased where the table is put back to an older copy',
    },
  },
  {
    id: 'names-of-readers',
    breaks: ['I-32'],
    what: 'names are kept of those whom no event names',
    file: `${ACCESS}/access.guard.ts`,
    search: 'if (isCommand) this.records.command(principal);',
    replacement: `this.records.command(principal);
    if (isCommand) return;`,
    test: {
      spec: `${ACCESS}/access.guard.unit.spec.ts`,
      name: 'is kept of nobody whom no event names',
    },
  },
  {
    id: 'mail-address-in-a-reason',
    breaks: ['I-32'],
    what: 'a reason with a mail address goes into the history',
    file: 'apps/command-api/src/input/fields.ts',
    search: 'return isProse && holdsMailAddress(value) ? MAIL_ADDRESS : undefined;',
    replacement: 'return !isProse && holdsMailAddress(value) ? MAIL_ADDRESS : undefined;',
    test: {
      spec: 'apps/command-api/src/input/sensitive-text.unit.spec.ts',
      name: 'takes no mail address',
    },
  },
  {
    id: 'names-wait-without-bound',
    breaks: ['I-33'],
    what: 'while the database is away names pile up',
    file: KEEPER,
    search: 'const MOST_WAITING = 1_000;',
    replacement: 'const MOST_WAITING = 1_000_000;',
    test: {
      spec: KEEPER_SPEC,
      name: 'waits in bounded room: what finds none is counted, and kept when it comes again',
    },
  },
  {
    id: 'command-api-with-all-rights',
    breaks: ['S-15'],
    what: 'the role of the command API may delete from the table of names, and empty it',
    file: 'apps/projector/src/read-model/postgres.actors.ts',
    search: '`grant select, insert, update on ${TABLE} to ${role}`',
    replacement: '`grant all on ${TABLE} to ${role}`',
    test: {
      spec: TABLE_SPEC,
      name: 'is for the role of the command API alone, and that role for nothing else',
    },
  },
];
