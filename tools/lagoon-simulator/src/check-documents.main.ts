import { ALL_DOCUMENTS, BATCH_DOCUMENTS } from '@uplift/lagoon';
import { buildSchema, parse, validate } from 'graphql';
import { readFileSync } from 'node:fs';
import { LAGOON_SDL } from './graphql/lagoon.sdl';

/**
 * Every document that Uplift sends, checked against the simulator's copy of Lagoon's schema, or against a file with
 * the schema of a Lagoon that runs somewhere; ends with 1 if one does not fit.
 */
function main(file: string | undefined): void {
  const schema = buildSchema(file === undefined ? LAGOON_SDL : readFileSync(file, 'utf8'));
  const batches = Object.entries(BATCH_DOCUMENTS).flatMap(([name, { text, size }]) =>
    [1, size].map((count) => ({ name: `${name} of ${count}`, text: text(count) })),
  );
  const faulty = [...ALL_DOCUMENTS, ...batches].filter(({ name, text }) => {
    const [error] = validate(schema, parse(text));
    console.log(
      `${error === undefined ? 'fits  ' : 'BROKEN'}  ${name}${error ? `: ${error.message}` : ''}`,
    );
    return error !== undefined;
  });
  process.exitCode = faulty.length === 0 ? 0 : 1;
}

main(process.argv[2]);
