import { writeFile } from 'node:fs/promises';
import { RunningUplift } from '../support/running-uplift';
import { playSession, SESSION_PAGE } from './operator-session';

async function main(): Promise<void> {
  const uplift = await RunningUplift.start({ clockSpeed: 480 });
  try {
    await writeFile(SESSION_PAGE, await playSession(uplift));
    process.stdout.write(`written: ${SESSION_PAGE}\n`);
  } finally {
    await uplift.stop();
  }
}

void main();
