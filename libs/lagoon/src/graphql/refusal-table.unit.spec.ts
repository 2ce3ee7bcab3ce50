import { LagoonRefusedError } from '../lagoon.outcomes';
import { CANCEL_DEPLOYMENT, DEPLOY_LATEST } from './mutations';
import { classifyMutation } from './mutation-answer';
import { checked, envelopeOf, fieldOf } from './read-answer';

const BUILD = 'lagoon-build-abc';
const data = (value: unknown) => ({ data: { it: value } });
const failed = (...messages: unknown[]) => ({
  errors: messages.map((message) => ({ message, path: ['it'] })),
  data: { it: null },
});
const notDeployed = (detail: string) =>
  failed(`Error deploying main: unable to create deploy task: ${detail}`);
const deep = (depth: number) => `{"data":{"it":${'['.repeat(depth)}${']'.repeat(depth)}}}`;

type Row = readonly [what: string, status: number, body: unknown, mutation: string, read: string];

// What a server says, what it proves for a mutation, and what for a read. No text of it may be repeated.
const ROWS: readonly Row[] = [
  ['the expected value', 200, data(BUILD), 'accepted', 'value'],
  ['a value and no errors in a list', 200, { ...data(BUILD), errors: [] }, 'accepted', 'value'],
  ['a value beside extensions', 200, { ...data(BUILD), extensions: {} }, 'accepted', 'value'],
  ['the word success', 200, data('success'), 'ambiguous', 'shape'],
  ['a skipped build', 200, data('Skipped: canary'), 'ambiguous', 'shape'],
  ['an error as a value', 200, data('Error: canary'), 'ambiguous', 'shape'],
  ['null', 200, data(null), 'ambiguous', 'shape'],
  ['no field', 200, { data: {} }, 'ambiguous', 'shape'],
  ['no data', 200, { data: null }, 'ambiguous', 'shape'],
  ['another field', 200, { data: { other: BUILD } }, 'ambiguous', 'shape'],
  ['a number as build name', 200, data(7), 'ambiguous', 'shape'],
  ['an object as build name', 200, data({ name: BUILD }), 'ambiguous', 'shape'],
  ['a list of build names', 200, data([BUILD]), 'ambiguous', 'shape'],
  ['a build name with a newline', 200, data(`${BUILD}\n`), 'ambiguous', 'shape'],
  ['a build name with a path', 200, data('lagoon-build-../canary'), 'ambiguous', 'shape'],
  ['a build name in capitals', 200, data(BUILD.toUpperCase()), 'ambiguous', 'shape'],
  ['a very long build name', 200, data(`${BUILD}${'a'.repeat(99)}`), 'ambiguous', 'shape'],
  ['a name of an unknown sort', 200, data('lagoon-canary-abc'), 'ambiguous', 'shape'],
  ['an empty text', 200, data(''), 'ambiguous', 'shape'],
  ['bare Unauthorized', 200, failed('Unauthorized'), 'refused not-found', 'refused not-found'],
  [
    'a permission, or Keycloak away',
    200,
    failed('Unauthorized: You don\'t have permission to "view" on "project": {"canary":1}'),
    'refused permission',
    'refused permission',
  ],
  [
    'a permission without words',
    200,
    failed("Unauthorized: You don't have permission"),
    'refused permission',
    'refused permission',
  ],
  [
    'no platform role',
    200,
    failed('Unauthorized to set bulkId, platform-admin only'),
    'refused configuration',
    'refused configuration',
  ],
  [
    'closed for deployments',
    200,
    failed('Deployments have been disabled for this project'),
    'refused disabled',
    'refused disabled',
  ],
  [
    'over a quota',
    200,
    notDeployed("this would exceed environment quota of 'canary'"),
    'refused quota',
    'refused quota',
  ],
  [
    'over a limit',
    200,
    notDeployed('exceed production limit of 1'),
    'refused quota',
    'refused quota',
  ],
  [
    'a branch that may not',
    200,
    notDeployed("branch didn't match regex pattern canary"),
    'refused configuration',
    'refused configuration',
  ],
  [
    'a row that failed late',
    200,
    notDeployed('error creating deployment: canary'),
    'ambiguous',
    'shape',
  ],
  [
    'an environment that failed late',
    200,
    notDeployed('error creating or getting environment'),
    'ambiguous',
    'shape',
  ],
  ['an upstream that was reset', 200, notDeployed('connect ECONNRESET'), 'ambiguous', 'shape'],
  ['an unknown text', 200, failed('ER_LOCK_DEADLOCK canary'), 'ambiguous', 'shape'],
  [
    'a Keycloak in trouble',
    200,
    failed('Request failed with status code 503'),
    'ambiguous',
    'shape',
  ],
  ['a known text inside another', 200, failed('While canary: Unauthorized'), 'ambiguous', 'shape'],
  ['an unknown text first', 200, failed('canary', 'Unauthorized'), 'ambiguous', 'shape'],
  ['an unknown text last', 200, failed('Unauthorized', 'canary'), 'ambiguous', 'shape'],
  ['an error without a message', 200, failed(undefined), 'ambiguous', 'shape'],
  ['a message that is no text', 200, failed({ text: 'canary' }), 'ambiguous', 'shape'],
  ['errors that are no list', 200, { errors: 'Unauthorized' }, 'ambiguous', 'shape'],
  ['errors without an entry', 200, { errors: [] }, 'ambiguous', 'shape'],
  [
    'errors beside a value',
    200,
    { ...failed('Unauthorized'), ...data(BUILD) },
    'ambiguous',
    'refused not-found',
  ],
  [
    'errors and no data at all',
    200,
    { errors: [{ message: 'Unauthorized' }] },
    'refused not-found',
    'refused not-found',
  ],
  ['data that is a list', 200, { data: [BUILD] }, 'ambiguous', 'shape'],
  ['an array of envelopes', 200, [data(BUILD)], 'ambiguous', 'shape'],
  ['an empty object', 200, {}, 'ambiguous', 'shape'],
  ['a bare text', 200, JSON.stringify(BUILD), 'ambiguous', 'shape'],
  ['a bare null', 200, 'null', 'ambiguous', 'shape'],
  ['HTML', 200, '<html>canary Unauthorized</html>', 'ambiguous', 'shape'],
  ['truncated JSON', 200, `{"data":{"it":"${BUILD}`, 'ambiguous', 'shape'],
  ['two JSON texts', 200, `${JSON.stringify(data(BUILD))}{}`, 'ambiguous', 'shape'],
  ['an empty body', 200, '', 'ambiguous', 'shape'],
  ['deep JSON', 200, deep(100_000), 'ambiguous', 'shape'],
  ['a prototype in the way', 200, '{"__proto__":{"data":{"it":"canary"}}}', 'ambiguous', 'shape'],
  ['no content', 204, '', 'ambiguous', 'shape'],
  ['a value with 201', 201, data(BUILD), 'ambiguous', 'shape'],
  ['a redirect', 302, '', 'ambiguous', 'shape'],
  [
    'a document that was not executed',
    400,
    { errors: [{ message: 'Cannot query field "canary"' }] },
    'refused invalid-request',
    'refused invalid-request',
  ],
  ['HTML with 400', 400, '<html>canary</html>', 'ambiguous', 'refused invalid-request'],
  [
    'data with 400',
    400,
    { ...failed('x'), ...data(BUILD) },
    'ambiguous',
    'refused invalid-request',
  ],
  [
    'an expired token',
    401,
    failed('Unauthorized - Bearer token expired'),
    'refused unauthenticated',
    'unauthenticated',
  ],
  ['401 of a proxy', 401, '<html>canary</html>', 'refused unauthenticated', 'unauthenticated'],
  ['403 of a proxy', 403, '<html>canary</html>', 'ambiguous', 'shape'],
  ['404', 404, 'Not Found', 'ambiguous', 'shape'],
  ['408', 408, '', 'ambiguous', 'unavailable'],
  ['413', 413, 'request entity too large', 'ambiguous', 'refused invalid-request'],
  ['429', 429, '', 'ambiguous', 'unavailable'],
  ['500 with a known text', 500, failed('Unauthorized'), 'ambiguous', 'unavailable'],
  ['500 with the value', 500, data(BUILD), 'ambiguous', 'unavailable'],
  ['502', 502, '<html>Bad Gateway canary</html>', 'ambiguous', 'unavailable'],
  ['503', 503, '', 'ambiguous', 'unavailable'],
  ['504', 504, '<html>Gateway Timeout</html>', 'ambiguous', 'unavailable'],
  ['520 of a proxy', 520, '', 'ambiguous', 'unavailable'],
];

const CODES: Readonly<Record<string, string>> = {
  'lagoon-unavailable': 'unavailable',
  'lagoon-unauthenticated': 'unauthenticated',
  'lagoon-answer': 'shape',
};
const isJson = (text: string) => {
  try {
    return JSON.parse(text) !== undefined;
  } catch {
    return false;
  }
};
const isBuildName = (value: unknown): value is string => DEPLOY_LATEST.read(value) !== null;

function readOf(status: number, text: string): { shown: string; meaning: string } {
  try {
    return {
      shown: '',
      meaning: checked(fieldOf(envelopeOf({ status, text }), 'it'), isBuildName),
    };
  } catch (error) {
    const shown = `${String(error)} ${JSON.stringify(error)}`;
    if (error instanceof LagoonRefusedError)
      return { shown, meaning: `refused ${error.refusal.cause}` };
    const { code = 'thrown' } = error as { code?: string };
    return { shown, meaning: CODES[code] ?? code };
  }
}

describe('an answer of Lagoon belongs to one class', () => {
  it.each(ROWS)('%s (%d)', (...row: Row) => {
    const [, status, body, mutation, read] = row;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const classified = classifyMutation(
      { status, text },
      { field: 'it', read: DEPLOY_LATEST.read },
    );
    const cause = classified.kind === 'refused' ? ` ${classified.cause}` : '';
    expect(`${classified.kind}${cause}`).toBe(mutation);
    const answer = readOf(status, text);
    expect(answer.meaning).toBe(read === 'value' ? BUILD : read);
    expect(`${JSON.stringify(classified)} ${answer.shown}`).not.toContain('canary');
    expect(answer.shown.length).toBeLessThan(1500);
  });

  it('is one of the named ones whatever came, and never a throw', () => {
    const texts = ROWS.map(([, , body]) =>
      typeof body === 'string' ? body : JSON.stringify(body),
    );
    for (const text of texts.filter((whole) => whole.length < 1000 && isJson(whole))) {
      for (let cut = 0; cut < text.length; cut += 1) {
        const answer = { status: 200, text: text.slice(0, cut) };
        expect(classifyMutation(answer, { field: 'it', read: DEPLOY_LATEST.read }).kind).toBe(
          'ambiguous',
        );
      }
    }
  });
});

describe('the answer to a cancellation', () => {
  const cancelled = (value: unknown) =>
    classifyMutation(
      { status: 200, text: JSON.stringify(data(value)) },
      { field: 'it', read: CANCEL_DEPLOYMENT.read },
    );

  it('is accepted with the word success alone', () => {
    expect(cancelled('success')).toEqual({ kind: 'accepted' });
    for (const value of ['Success', 'success\n', '', null, true, 1, ['success']]) {
      expect(cancelled(value).kind).toBe('ambiguous');
    }
  });

  it('is refused for good with an error as a value, whose text is not repeated', () => {
    const answer = cancelled('Error: canary of somebody');
    expect(answer).toMatchObject({ kind: 'refused', cause: 'not-cancellable', retryable: false });
    expect(JSON.stringify(answer)).not.toContain('canary');
  });
});
