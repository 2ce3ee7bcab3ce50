import { UPGRADE_STRATEGIES } from '@uplift/domain';
import type { Command } from 'commander';
import { Argument, InvalidArgumentError, Option } from 'commander';

/* What several commands ask people for, in the same words. All of it is checked before anything is sent. */

/** Longer than any upgrade takes, and no longer than a timer can wait. */
const MOST_SECONDS = 2_147_483;
/** Highest revision of a stream that can be named. */
export const MOST_REVISIONS = 999_999_999;
const LONGEST_KEY = 255;
const LONGEST_PAGE = 100;
const MOST_NAMED = 8;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

const EXAMPLE_ID = 'an id such as b846000a-8a3f-4dc6-b23c-d522d1901bb5';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Of every command that the history keeps. */
export function reasonOption(description = 'why, for the audit'): Option {
  return new Option('--reason <text>', description).argParser(lineOf).makeOptionMandatory();
}

export function keyOption(): Option {
  const description = 'idempotency key; made up if left out';
  return new Option('--key <key>', description).argParser(keyIn);
}

export function timeoutOption(): Option {
  const option = new Option('--timeout <seconds>', 'give up waiting after this long');
  return option.argParser(wholeNumber(1, MOST_SECONDS, 'seconds')).default(43_200);
}

export function strategyOption(description: string): Option {
  return new Option('--strategy <name>', description).choices(UPGRADE_STRATEGIES);
}

/** Of every list that comes in pages. */
export function pageOptions(items: string): readonly Option[] {
  return [
    new Option('--limit <n>', `most ${items} on the page`)
      .argParser(wholeNumber(1, LONGEST_PAGE))
      .default(LONGEST_PAGE),
    new Option('--cursor <cursor>', 'go on where a page ended'),
  ];
}

export function withOptions(command: Command, options: readonly Option[]): Command {
  options.forEach((option) => command.addOption(option));
  return command;
}

export function idArgument(flags: string, description: string): Argument {
  return new Argument(flags, description).argParser((text) => idIn(text));
}

/** No option and no argument of a command, nor of those below it, may be an empty text. */
export function refuseEmpty(command: Command): void {
  const withText = command.options.filter(({ required, optional }) => required || optional);
  for (const each of [...withText, ...command.registeredArguments]) {
    if (each.parseArg === undefined && !each.variadic) each.argParser(lineOf);
  }
  command.commands.forEach(refuseEmpty);
}

function lineOf(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
  if (/\p{Cc}/u.test(text)) throw new InvalidArgumentError('It must be one line of text.');
  return text;
}

function keyIn(text: string): string {
  if (text.length <= LONGEST_KEY && /^[\x21-\x7e]+$/.test(text)) return text;
  throw new InvalidArgumentError(
    `Give 1 to ${LONGEST_KEY} letters, digits and marks of ASCII, without blanks.`,
  );
}

/** One of many values: names those that look like what was given. */
export function oneOf(values: readonly string[]) {
  return (text: string): string => {
    if (values.includes(text)) return text;
    const near = [...values].sort((a, b) => likeness(text, b) - likeness(text, a));
    const named = near.slice(0, MOST_NAMED).join(', ');
    throw new InvalidArgumentError(`Give one of ${values.length} values, for example ${named}.`);
  };
}

/** By how they begin, and by words that both have. */
function likeness(text: string, value: string): number {
  const different = [...text].findIndex((letter, n) => letter !== value[n]);
  const words = text.split('-').filter((word) => word !== '' && value.includes(word));
  return (different < 0 ? text.length : different) + words.join('').length;
}

/** In lower case, as ids are written. */
export function idIn(text: string, example = EXAMPLE_ID): string {
  const id = text.toLowerCase();
  if (UUID.test(id)) return id;
  throw new InvalidArgumentError(`Name it as ${example}.`);
}

export function wholeNumber(least: number, most: number, unit = '') {
  return (text: string): number => {
    const number = Number(text);
    if (/^\d{1,10}$/.test(text) && number >= least && number <= most) return number;
    const what = unit === '' ? 'a whole number' : `a whole number of ${unit}`;
    throw new InvalidArgumentError(`Give ${what} from ${least} to ${most}.`);
  };
}

/** A moment in RFC 3339, in any zone; in UTC for whoever is told. */
export function timeIn(text: string): string {
  const [, local] = TIME.exec(text) ?? [];
  const at = Date.parse(text);
  if (local === undefined || Number.isNaN(at) || !isOnCalendar(local)) {
    throw new InvalidArgumentError('Give a time such as 2026-03-01T10:00:00Z (RFC 3339).');
  }
  return new Date(at).toISOString();
}

/** A moment, or how long it is before `now`. */
export function momentIn(text: string, now: number): string {
  const [, amount, unit = ''] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  if (amount === undefined) return timeIn(text);
  return new Date(now - Number(amount) * (UNITS[unit] ?? 0)).toISOString();
}

/** Not so the 30th of February, which a Date takes for another day. */
function isOnCalendar(local: string): boolean {
  const at = Date.parse(`${local}Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(local);
}
