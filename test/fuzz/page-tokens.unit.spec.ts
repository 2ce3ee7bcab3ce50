import { ProblemError } from '@uplift/contracts';
import fc from 'fast-check';
import { readCursor } from '../../apps/projector/src/queries/cursor';
import {
  FINDINGS,
  INSTANCES,
  TIMELINE,
  UPGRADES,
} from '../../apps/projector/src/read-model/read-model.tables';
import type { Table } from '../../apps/projector/src/read-model/table';
import { requireKey, tracing } from '../../apps/command-api/src/commands/command-request';
import { fuzz } from './fuzz';
import type { Json } from './hostile-values';
import { anyJson, anyText, changedJson } from './hostile-values';

const TABLES = [INSTANCES, TIMELINE, FINDINGS, UPGRADES] as unknown as readonly Table<object>[];
const BY_END = UPGRADES.orderBy('-endedAt');
const KEYS: readonly Json[] = [
  ['2026-03-01T10:00:00.000Z', 'id'],
  [12],
  [1, 'id'],
  [null, 'id', '-endedAt'],
];
const encoded = (json: Json) => Buffer.from(JSON.stringify(json)).toString('base64url');

describe('tokens that a caller hands back', () => {
  it('are a place in the list that gave them out, or refused', async () => {
    const token = fc.oneof(
      changedJson(fc.constantFrom(...KEYS)).map(encoded),
      anyJson.map(encoded),
      anyText,
    );
    const property = fc.property(fc.constantFrom(...TABLES), token, (table, text) => {
      try {
        const isByEnd = table.name === UPGRADES.name;
        const key = readCursor(table, text, isByEnd ? BY_END : table.order) ?? [];
        for (const value of key) expect(isStorable(value)).toBe(true);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        expect(error.problem.code).toBe('invalid-input');
      }
    });
    await fuzz({ edge: 'cursors', runs: 300 }, property);
  });

  it('are keys of printable text, or refused', async () => {
    const property = fc.property(anyText, (text) => {
      tracing(text);
      try {
        expect(requireKey(text)).toMatch(/^[\x21-\x7e]{1,255}$/);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        expect(error.problem.code).toMatch(/^idempotency-key-/);
      }
    });
    await fuzz({ edge: 'idempotency-keys', runs: 300 }, property);
  });
});

/** Whether a database can compare it with a column. */
function isStorable(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  return value === null || (typeof value === 'string' && !value.includes('\0'));
}
