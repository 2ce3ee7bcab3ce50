import { Ajv2020 } from 'ajv/dist/2020';
import { ANSWERS } from './answers';
import { isProblemCode, isProblemDetails, problem, refusal } from './problems';
import { openApiSchemas, toOpenApi } from './open-api';
import { documented, named, nullable, object, oneOf, text } from './schema';

const formats = { uuid: true, 'date-time': true } as const;

test.each(Object.entries(ANSWERS))('the schema of %s is complete in itself', (_, schema) => {
  const ajv = new Ajv2020({ strict: true, formats });
  expect(() => ajv.compile({ ...schema.json, $defs: schema.definitions })).not.toThrow();
});

test('a problem document fits its schema and is known by its shape', () => {
  const { json, definitions } = ANSWERS.problem;
  const validate = new Ajv2020({ strict: true, formats }).compile({ ...json, $defs: definitions });
  const document = problem('read-model-behind', 'wait', { errors: [] });
  expect(validate(document)).toBe(true);
  expect(document).toMatchObject({ status: 409, retryable: true, errors: [] });
  expect(isProblemDetails(document)).toBe(true);
  expect(isProblemDetails({ ...document, status: '409' })).toBe(false);
});

test('a refusal keeps its cause and shows nothing of it', () => {
  const cause = new Error('password=secret');
  const error = refusal('read-model-unavailable', 'Ask again.', { cause });
  expect(error.cause).toBe(cause);
  expect(JSON.stringify(error.problem)).not.toContain('secret');
});

test('only codes of the table are codes', () => {
  expect(isProblemCode('invalid-input')).toBe(true);
  expect(isProblemCode('toString')).toBe(false);
});

test('OpenAPI says of every member what it is, where the schema does not', () => {
  const made = openApiSchemas([
    named('Made', object({ project: text, own: documented('Its own', text) })),
  ]);
  expect(made.Made).toMatchObject({
    properties: {
      project: { description: 'Lagoon project name' },
      own: { description: 'Its own' },
    },
  });
});

test('OpenAPI 3.0 says null with nullable, and references with components', () => {
  const inner = named('Inner', object({ choice: nullable(oneOf(['a', 'b'])) }, { sample: text }));
  const outer = object({ inner: nullable(inner) });
  expect(openApiSchemas([outer])).toEqual({
    Inner: {
      type: 'object',
      required: ['choice'],
      properties: {
        choice: { type: 'string', enum: ['a', 'b', null], nullable: true },
        sample: { type: 'string' },
      },
    },
  });
  expect(toOpenApi(outer.json)).toMatchObject({
    properties: {
      inner: { type: 'object', nullable: true, allOf: [{ $ref: '#/components/schemas/Inner' }] },
    },
  });
});
