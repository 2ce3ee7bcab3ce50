#!/usr/bin/env node
import { endWithItsReader } from './closed-pipe';
import { runCommandLine } from './program';

endWithItsReader();
void runCommandLine(process.argv).then((code) => {
  process.exitCode = code;
});
