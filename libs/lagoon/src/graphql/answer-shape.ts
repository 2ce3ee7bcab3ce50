import { parseJson } from '../parse-json';

const MAX_LENGTH = 500;
const MAX_KEYS = 12;
const MAX_DEPTH = 4;
const KNOWN_WORDS = new Set(['success']);
const KNOWN_PREFIXES = ['Skipped: ', 'Error: ', 'Unauthorized', 'Error deploying '];

/** What came back, without its content: types, lengths and the few words we know. */
export function shapeOf(value: unknown): string {
  return describe(value, 0).slice(0, MAX_LENGTH);
}

export function shapeOfText(status: number, text: string): string {
  const parsed = parseJson(text);
  const body = parsed === undefined ? `no JSON, ${text.length} characters` : shapeOf(parsed);
  return `HTTP ${status}, ${body}`.slice(0, MAX_LENGTH);
}

function describe(value: unknown, depth: number): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return describeText(value);
  if (typeof value !== 'object') return typeof value;
  if (depth >= MAX_DEPTH) return Array.isArray(value) ? '[…]' : '{…}';
  if (Array.isArray(value)) return describeList(value, depth);
  return describeFields(Object.entries(value), depth);
}

function describeText(text: string): string {
  if (KNOWN_WORDS.has(text)) return `"${text}"`;
  const prefix = KNOWN_PREFIXES.find((known) => text.startsWith(known));
  return prefix === undefined ? `text(${text.length})` : `"${prefix}…"(${text.length})`;
}

function describeList(items: readonly unknown[], depth: number): string {
  const first = items.length === 0 ? '' : describe(items[0], depth + 1);
  return `[${items.length}× ${first}]`;
}

function describeFields(entries: readonly (readonly [string, unknown])[], depth: number): string {
  const fields = entries
    .slice(0, MAX_KEYS)
    .map(([key, value]) => `${fieldName(key)}: ${describe(value, depth + 1)}`);
  return `{${fields.join(', ')}${entries.length > MAX_KEYS ? ', …' : ''}}`;
}

// Keys are Lagoon's to choose as well: only names that look like fields are repeated.
function fieldName(key: string): string {
  return /^[A-Za-z_]\w{0,39}$/.test(key) ? key : '?';
}
