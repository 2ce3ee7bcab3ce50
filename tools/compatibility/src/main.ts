import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { AcceptedChange } from './accepted-changes';
import { sentencesOf, verdictOf } from './accepted-changes';
import { brokenContracts, DOCUMENTS, EVENT_SCHEMAS, readContracts } from './contract-rules';

const CONTRACTS = join(process.cwd(), 'contracts');
const PUBLISHED = join(CONTRACTS, 'published');
const ACCEPTED = join(CONTRACTS, 'accepted-changes.json');

process.exitCode = run();

function run(): number {
  const { values } = parseArgs({ options: { publish: { type: 'boolean' } } });
  const accepted = JSON.parse(readFileSync(ACCEPTED, 'utf8')) as readonly AcceptedChange[];
  const now = readContracts(CONTRACTS);
  const old = existsSync(PUBLISHED) ? readContracts(PUBLISHED) : now;
  const verdict = verdictOf(brokenContracts(old, now), accepted);
  for (const sentence of sentencesOf(verdict)) console.error(sentence);
  const events = Object.keys(old.events).length;
  const count = verdict.refused.length;
  console.log(
    `${DOCUMENTS.length} documents and ${events} events compared with the published ones: ${count} rules broken, ${accepted.length} accepted`,
  );
  if (count + verdict.stale.length > 0) return 1;
  if (values.publish === true) publish();
  return 0;
}

/** From here on others build on the contracts as they are. */
function publish(): void {
  rmSync(PUBLISHED, { recursive: true, force: true });
  mkdirSync(PUBLISHED, { recursive: true });
  for (const name of [...DOCUMENTS, EVENT_SCHEMAS]) {
    cpSync(join(CONTRACTS, name), join(PUBLISHED, name), { recursive: true });
  }
  writeFileSync(ACCEPTED, '[]\n');
  console.log('published: contracts/published');
}
