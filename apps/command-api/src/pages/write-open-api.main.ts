import 'reflect-metadata';
import { readFile, writeFile } from 'node:fs/promises';
import { accessPage } from './access-page';
import { asyncApiFile } from './async-api-file';
import { everyRoute, openApiFile } from './open-api-file';

const TARGET = process.argv[2] ?? 'contracts/openapi.json';
const ACCESS_PAGE = process.argv[3] ?? 'docs/access-routes.md';
const ASYNC_API = process.argv[4] ?? 'contracts/asyncapi.yaml';

/** Writes what is published, and who may use what: run it after a change of an operation, a query or a DTO. */
async function main(): Promise<void> {
  const openApi = await openApiFile();
  await writeFile(TARGET, openApi);
  await writeFile(ACCESS_PAGE, accessPage(everyRoute()));
  await writeFile(ASYNC_API, asyncApiFile(await readFile(ASYNC_API, 'utf8'), openApi));
}

void main();
