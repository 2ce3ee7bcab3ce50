import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { openApiFile } from './open-api-file';

const TARGET = process.argv[2] ?? 'contracts/openapi.json';

/** Writes the published description: run it after a change of an operation or a DTO. */
async function main(): Promise<void> {
  await writeFile(TARGET, await openApiFile());
}

void main();
