import { NoAnswerError } from './graphql-transport';
import { classifyMutation, classifyNoAnswer } from './mutation-answer';
import { SET_VARIABLE } from './mutations';

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
    ["Task registration '7' could not be found.", 'not-found', false],
    ['Cannot find argument type named UPLIFT_MARKER', 'configuration', false],
    ['Invalid input "x" for type "NUMERIC" given for argument "y"', 'invalid-request', false],
    ['A variable name must be provided.', 'invalid-request', false],
    ['Project has idling disabled', 'disabled', false],
    ['Environment has idling disabled', 'disabled', false],
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

describe('an effect that was there already counts as one that was accepted', () => {
  const rules = {
    field: FIELD,
    read,
    alreadyDone: { text: /^Environment is already/, answer: { kind: 'accepted', buildName: '' } },
  } as const;
  const kindOf = (...messages: string[]) =>
    classifyMutation({ status: 200, text: JSON.stringify(failed(...messages)) }, rules).kind;

  it('by its known words alone', () => {
    expect(kindOf('Environment is already unidled')).toBe('accepted');
    expect(kindOf('Environment is already unidled', 'ER_LOCK_DEADLOCK')).toBe('ambiguous');
    expect(kindOf('Unauthorized')).toBe('refused');
  });
});

describe('the answer of a mutation is ambiguous wherever something may have happened', () => {
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

it.each([
  { name: 'A' },
  { id: '', name: 'A' },
  { id: null, name: 'A' },
  { id: 1 },
  'success',
  null,
])('the answer %j does not prove that a variable was stored', (row) => {
  const text = JSON.stringify({ data: { [SET_VARIABLE.field]: row } });
  expect(classifyMutation({ status: 200, text }, SET_VARIABLE).kind).toBe('ambiguous');
});
