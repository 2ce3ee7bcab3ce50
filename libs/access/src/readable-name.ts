const MOST_CHARACTERS = 200;
/** Of what is longer nothing is looked at behind this. */
const MOST_READ = 2_000;
/** What would break a line, turn the text around, or cannot be stored. */
const UNREADABLE = /[\p{Cc}\p{Cs}\p{Bidi_Control}\s]+/gu;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** One line that a person can read; undefined where there is none in it. */
export function readableName(given: unknown): string | undefined {
  if (typeof given !== 'string') return undefined;
  const line = given.slice(0, MOST_READ).normalize('NFC').replace(UNREADABLE, ' ').trim();
  if (!VISIBLE.test(line)) return undefined;
  return [...line].slice(0, MOST_CHARACTERS).join('').trimEnd();
}

/** Claims of a JSON Web Token that may name its holder, the first that does counts. */
const NAME_CLAIMS = ['name', 'preferred_username', 'email'] as const;

export function nameInClaims(claims: Readonly<Record<string, unknown>>): string | undefined {
  const names = NAME_CLAIMS.map((claim) => readableName(claims[claim]));
  return names.find((name) => name !== undefined);
}
