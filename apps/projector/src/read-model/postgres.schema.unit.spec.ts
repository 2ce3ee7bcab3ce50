import { createHash } from 'node:crypto';
import { grantsOfWriter, missingParts, rebuildParts, SCHEMA_VERSION } from './postgres.schema';
import { READ_MODEL_VERSION, TABLES } from './read-model.tables';

const NOTHING = { names: new Set<string>(), demanded: [] };

const digest = (lines: readonly string[]) =>
  createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 12);

/** A database is migrated once per version: what changes under the same version never reaches it. */
test('a change of the schema raises SCHEMA_VERSION', () => {
  const made = [...missingParts(NOTHING), ...rebuildParts(), ...grantsOfWriter('projector')];
  const schema = made.filter((statement) => !statement.startsWith('insert'));
  expect([SCHEMA_VERSION, digest(schema)]).toEqual([2, 'afb2353a2565']);
});

/** Else an older build would go on writing rows without the new column. */
test('a change of the columns raises READ_MODEL_VERSION', () => {
  const columns = TABLES.flatMap(({ name, columns }) =>
    columns.map((column) => `${name}.${column.name} ${column.type}`),
  );
  expect([READ_MODEL_VERSION, digest(columns)]).toEqual([5, 'b7bf34d73278']);
});
