import { NoAnswerError } from './graphql-transport';
import { classifyMutation, classifyNoAnswer } from './mutation-classifier';

const FIELD = 'deployEnvironmentLatest';
const read = (value: unknown) =>
  value === 'lagoon-build-abc' ? { kind: 'accepted' as const, buildName: value } : null;

const classify = (status: number, body: unknown) =>
  classifyMutation(
    { status, text: typeof body === 'string' ? body : JSON.stringify(body) },
    { field: FIELD, read },
  );
const failed = (...messages: string[]) => ({
  errors: messages.map((message) => ({ message, path: [FIELD] })),
  data: { [FIELD]: null },
});
const deployTask = (detail: string) =>
  `Error deploying main: unable to create deploy task: ${detail}`;

describe('the answer of a mutation is accepted only with the expected value and no error', () => {
  it('accepts it', () => {
    const body = { data: { [FIELD]: 'lagoon-build-abc' } };
    expect(classify(200, body)).toEqual({ kind: 'accepted', buildName: 'lagoon-build-abc' });
  });
});

describe('the answer of a mutation is refused only where nothing can have happened', () => {
  it.each([
    [
      'Unauthorized: You don\'t have permission to "deploy:production" on "environment"',
      'permission',
      true,
    ],
    ["Unauthorized: You don't have permission", 'permission', true],
    ['Unauthorized', 'not-found', false],
    ['Unauthorized to set bulkId, platform-admin only', 'configuration', false],
    ['Unauthorized to set priority, platform-admin only', 'configuration', false],
    ['Deployments have been disabled for this project', 'disabled', false],
    ['Tasks have been disabled for this project', 'disabled', false],
    ['Cannot deploy: deployBaseRef is empty', 'configuration', false],
    ['Unknown deploy type tag', 'configuration', false],
    [deployTask('this would exceed environment quota'), 'quota', false],
    [deployTask('exceed production limit of 1'), 'quota', false],
    [deployTask('exceed development limit of 5'), 'quota', false],
    [deployTask("branch didn't match regex pattern ^main$"), 'configuration', false],
    [deployTask('deployments disabled for project branches'), 'disabled', false],
  ])('%s', (message, cause, retryable) => {
    expect(classify(200, failed(message))).toMatchObject({ kind: 'refused', cause, retryable });
    expect(classify(200, { errors: [{ message }] })).toMatchObject({ kind: 'refused', cause });
  });

  it('a token that was not accepted', () => {
    const answer = classify(401, { errors: [{ message: 'Unauthorized - Bearer token expired' }] });
    expect(answer).toMatchObject({ kind: 'refused', cause: 'unauthenticated', retryable: true });
  });

  it('a document that was not executed', () => {
    const answer = classify(400, { errors: [{ message: 'Cannot query field "x"' }] });
    expect(answer).toMatchObject({ kind: 'refused', cause: 'invalid-request', retryable: false });
  });

  it('a call that never left this process', () => {
    const answer = classifyNoAnswer(new NoAnswerError(false, 'ECONNREFUSED'));
    expect(answer).toMatchObject({ kind: 'refused', cause: 'not-sent', retryable: true });
  });

  it('keeps only the text it knows', () => {
    const message = "Unauthorized: You don't have permission because canary-secret";
    expect(JSON.stringify(classify(200, failed(message)))).not.toContain('canary');
  });
});

describe('everything else is ambiguous', () => {
  it.each<[string, number, unknown]>([
    ['the word success', 200, { data: { [FIELD]: 'success' } }],
    ['a skipped build', 200, { data: { [FIELD]: 'Skipped: nothing to do' } }],
    ['an error as a value', 200, { data: { [FIELD]: 'Error: no' } }],
    ['null', 200, { data: { [FIELD]: null } }],
    ['no field', 200, { data: {} }],
    ['no data', 200, { data: null }],
    ['a number', 200, { data: { [FIELD]: 7 } }],
    ['an object', 200, { data: { [FIELD]: { name: 'lagoon-build-abc' } } }],
    [
      'a value beside errors',
      200,
      { ...failed('Unauthorized'), data: { [FIELD]: 'lagoon-build-abc' } },
    ],
    ['an unknown text', 200, failed('ER_LOCK_DEADLOCK')],
    ['one unknown text of two', 200, failed('Unauthorized', 'ER_LOCK_DEADLOCK')],
    ['an unknown text first', 200, failed('ER_LOCK_DEADLOCK', 'Unauthorized')],
    ['a known text inside another', 200, failed('While: Unauthorized')],
    ['a row that failed late', 200, failed(deployTask('error creating deployment: gone'))],
    [
      'an environment that failed late',
      200,
      failed(deployTask('error creating or getting environment')),
    ],
    ['a transport text', 200, failed(deployTask('connect ECONNRESET'))],
    ['errors without an entry', 200, { errors: [] }],
    ['an error without a message', 200, { errors: [{}] }],
    ['errors that are no list', 200, { errors: 'Unauthorized' }],
    ['an empty object', 200, {}],
    ['a list', 200, []],
    ['a bare string', 200, '"success"'],
    ['HTML', 200, '<html>Unauthorized</html>'],
    ['truncated JSON', 200, '{"data":{"deployEnvironmentLatest":"lagoon-bu'],
    ['an empty body', 200, ''],
    ['HTML with 400', 400, '<html>Bad Request</html>'],
    ['data with 400', 400, { errors: [{ message: 'x' }], data: { [FIELD]: 'lagoon-build-abc' } }],
    ['403 of a proxy', 403, '<html>Forbidden</html>'],
    ['413', 413, 'request entity too large'],
    ['429', 429, ''],
    ['500', 500, failed('Unauthorized')],
    ['502', 502, '<html>Bad Gateway</html>'],
    ['504', 504, ''],
    ['a redirect', 302, ''],
    ['no content', 204, ''],
  ])('%s', (_what, status, body) => {
    expect(classify(status, body)).toMatchObject({ kind: 'ambiguous' });
  });

  it('no answer to a call that may have arrived', () => {
    const answer = classifyNoAnswer(new NoAnswerError(true, 'UND_ERR_SOCKET'));
    expect(answer).toEqual({ kind: 'ambiguous', evidence: 'no answer: UND_ERR_SOCKET' });
  });

  it('shows the shape and never the content as evidence', () => {
    const body = { data: { [FIELD]: 'canary-secret', 'canary secret\r\n': { deep: ['canary'] } } };
    const answer = classify(200, body);
    expect(answer).toEqual({
      kind: 'ambiguous',
      evidence: `{data: {${FIELD}: text(13), ?: {deep: [1× text(6)]}}}`,
    });
  });
});
