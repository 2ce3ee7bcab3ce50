/**
 * What must not stand in an event, since nobody can take it out again. Each pattern is tried in time that grows with
 * the text alone: every repetition has a bound.
 */
interface SecretPattern {
  /** In the answer, and in docs/sensitive-input.md. */
  readonly what: string;
  readonly pattern: RegExp;
}

const KEYS = '(?:api|access|private|secret|app|encryption|signing|master)[_-]?key(?:[_-]?base)?';
const NAME = `(?:pass(?:word|wd|phrase)?|pwd|secret|token|${KEYS}|hash[_-]?salt|credentials?)`;
/** A value that is written out: no reference to a variable, no placeholder, nothing that was blotted out. */
const VALUE = '["\']?(?![$%<{*\\s"\'])[^\\s]';

export const SECRET_PATTERNS: readonly SecretPattern[] = [
  { what: 'a private key', pattern: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY/ },
  {
    what: 'a private key',
    pattern: /AGE-SECRET-KEY-1|(?<![A-Z0-9])S[ACNOUX][A-Z2-7]{56}(?![A-Z0-9])/,
  },
  {
    what: 'a password or token after "="',
    pattern: new RegExp(`${NAME}["']?\\s{0,3}=\\s{0,3}${VALUE}`, 'i'),
  },
  {
    what: 'a password or token in JSON',
    pattern: new RegExp(`${NAME}["']\\s{0,3}:\\s{0,3}["'](?![$%<{*"'])`, 'i'),
  },
  {
    what: 'a password or token as an option',
    pattern: new RegExp(`--[a-z-]{0,30}${NAME}\\s{1,3}(?!-)${VALUE}`, 'i'),
  },
  {
    what: 'an Authorization header',
    pattern: new RegExp(
      `authorization["']?\\s{0,3}[:=]\\s{0,3}["']?(?:basic|bearer|token)\\s{1,3}${VALUE}`,
      'i',
    ),
  },
  {
    what: 'a URL with user or password',
    pattern: /:\/\/(?!git@)(?:(?!\$)[^\s/?#@:]{1,200}|[^\s/?#@:]{0,200}:(?!\$)[^\s/?#@]{1,200})@/i,
  },
  {
    what: 'a token of Uplift',
    pattern: /(?<![A-Za-z0-9_-])uplift_(?:callback_)?[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/,
  },
  { what: 'an AWS access key', pattern: /(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/ },
  {
    what: 'a GitHub token',
    pattern: /(?<![A-Za-z0-9])(?:gh[oprsu]_[A-Za-z0-9]{30}|github_pat_[A-Za-z0-9_]{20})/,
  },
  {
    what: 'a GitLab token',
    pattern: /(?<![A-Za-z0-9])gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-[A-Za-z0-9_-]{20}/,
  },
  {
    what: 'a Slack token',
    pattern: /(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10}|hooks\.slack\.com\/services\/T/,
  },
  {
    what: 'a token of Google, npm or Stripe',
    pattern:
      /(?<![A-Za-z0-9])(?:AIza[A-Za-z0-9_-]{35}|npm_[A-Za-z0-9]{36}|[rs]k_live_[A-Za-z0-9]{16})/,
  },
  {
    what: 'a JSON Web Token',
    pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8}/,
  },
];

const MAIL_ADDRESS =
  /[^\s@]@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,5}\.\p{L}{2,24}(?![\p{L}\p{N}])/u;

/** What the text seems to hold, in words; undefined if nothing is found. */
export function secretIn(text: string): string | undefined {
  return SECRET_PATTERNS.find(({ pattern }) => pattern.test(text))?.what;
}

export function holdsMailAddress(text: string): boolean {
  return MAIL_ADDRESS.test(text);
}
