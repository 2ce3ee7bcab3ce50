import { STAGE_PROCESSES, stageUser, type StageProcess } from '@uplift/bus';
import { parseArgs } from 'node:util';

export const HELP = `npm run nats:accounts -- --out <folder> [options]

Writes accounts.conf, which a nats-server includes, and for each user that has none yet <user>.nk, the seed of its NKey.

  --out <folder>      where they are
  --account <name>    account of the users; default UPLIFT
  --process <stages>  a process that works on several stages, as pre-upgrade,upgrade; may be given several times
  --services <file>   what services of other teams may do, as JSON
  --rotate <user>     gives the user a new key beside the one it has; may be given several times
  --retire <user>     takes the key out that the user had before; may be given several times
  --help              this text

Ends with 0 if all is written, with 1 if not, with 2 if it was called wrongly. See docs/bus-users.md.`;

export class WrongCallError extends Error {}

export interface Asked {
  readonly out: string;
  readonly account: string;
  /** Users of processes that work on several stages. */
  readonly processes: readonly string[];
  /** Path of the file with the services of other teams. */
  readonly services: string | undefined;
  readonly rotate: readonly string[];
  readonly retire: readonly string[];
}

/** Throws WrongCallError. */
export function asked(args: readonly string[]): Asked | 'help' {
  const { help, out, account, services, process, rotate, retire } = options(args);
  if (help) return 'help';
  if (out === undefined || out === '') throw new WrongCallError('--out names a folder: see --help');
  if (!/^[A-Za-z0-9_-]+$/.test(account)) {
    throw new WrongCallError(`"${account}" is no name of an account: use letters, digits, - and _`);
  }
  const both = rotate.find((user) => retire.includes(user));
  if (both !== undefined) {
    throw new WrongCallError(
      `${both} cannot be rotated and retired at once: rotate it, give its service the new seed, then retire it`,
    );
  }
  return { out, account, services, rotate, retire, processes: process.map(userOfProcess) };
}

function options(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        out: { type: 'string' },
        account: { type: 'string', default: 'UPLIFT' },
        process: { type: 'string', multiple: true, default: [] },
        services: { type: 'string' },
        rotate: { type: 'string', multiple: true, default: [] },
        retire: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new WrongCallError(line);
  }
}

function userOfProcess(list: string): string {
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !isStageProcess(name));
  if (unknown !== undefined) {
    throw new WrongCallError(
      `--process ${list}: there is no stage "${unknown}": use ${STAGE_PROCESSES.join(', ')}`,
    );
  }
  return stageUser(names.filter(isStageProcess));
}

function isStageProcess(name: string): name is StageProcess {
  return STAGE_PROCESSES.some((stage) => stage === name);
}
