import { buildSchema, parse, validate } from 'graphql';
import { LAGOON_DOCUMENTS as documents } from '@uplift/lagoon';
import { LAGOON_SDL } from '../../../tools/lagoon-simulator/src';

const schema = buildSchema(LAGOON_SDL);
const constants = Object.entries<unknown>(documents).flatMap(([name, text]) =>
  typeof text === 'string' ? [[name, text] as const] : [],
);

describe("the adapter's documents fit Lagoon's schema", () => {
  it('covers every constant', () => {
    expect(constants.length).toBeGreaterThanOrEqual(9);
  });

  it.each(constants)('%s', (_name, text) => {
    expect(validate(schema, parse(text))).toEqual([]);
  });

  it.each([1, 25, 50])('the look-up of %d builds', (count) => {
    expect(validate(schema, parse(documents.deploymentsOfMany(count)))).toEqual([]);
  });

  it('puts no value into a document, only variables', () => {
    for (const [, text] of constants)
      expect(text.replace(/false|limit: 1/g, '')).not.toMatch(/["\d]|true/);
  });
});
