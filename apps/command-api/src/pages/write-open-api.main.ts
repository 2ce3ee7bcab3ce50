import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { accessPage } from './access-page';
import { everyRoute, openApiFile } from './open-api-file';

const TARGET = process.argv[2] ?? 'contracts/openapi.json';
const ACCESS_PAGE = process.argv[3] ?? 'docs/access-routes.md';

/** Writes the published description, and who may use what: run it after a change of an operation or a DTO. */
async function main(): Promise<void> {
  await writeFile(TARGET, await openApiFile());
  await writeFile(ACCESS_PAGE, accessPage(everyRoute()));
}

void main();
