import { EXIT } from './exit-code';

/** Ends the process, without a word, once nobody reads what it prints: `uplift instance list | head`. */
export function endWithItsReader(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endWithout);
}

function endWithout({ code, message }: NodeJS.ErrnoException): never {
  if (code === 'EPIPE') process.exit(EXIT.unread);
  process.stderr.write(`uplift: the output cannot be written: ${message}\n`);
  process.exit(EXIT.failed);
}
