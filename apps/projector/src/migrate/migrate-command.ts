import { errorMessage, readConfiguration, redactText } from '@uplift/runtime';
import { migrateDatabase } from '../read-model/postgres.migration';

/** Writes one JSON object: `done` with the versions, or `failed` with the reason. Returns the exit code. */
export async function runMigrate(write: (line: string) => void): Promise<0 | 1> {
  const show = (fields: object) => write(`${JSON.stringify(fields)}\n`);
  try {
    show({ type: 'done', ...(await migrate()) });
    return 0;
  } catch (error) {
    show({ type: 'failed', reason: redactText(errorMessage(error)) });
    return 1;
  }
}

function migrate() {
  const { postgresOwnerUrl, postgresUrl, actorsPostgresUrl, webhooksPostgresUrl, postgresReaders } =
    readConfiguration([
      'postgresOwnerUrl',
      'postgresUrl',
      'actorsPostgresUrl',
      'webhooksPostgresUrl',
      'postgresReaders',
    ]);
  return migrateDatabase({
    ownerUrl: postgresOwnerUrl,
    url: postgresUrl,
    actorsUrl: actorsPostgresUrl,
    webhooksUrl: webhooksPostgresUrl,
    readers: postgresReaders,
  });
}
