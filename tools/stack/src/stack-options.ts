import { readArguments, UsageError } from './command-arguments';
import { INFRASTRUCTURE_NAMES } from './stack/infrastructure';
import type { InfrastructureName } from './stack/infrastructure';
import { SERVICE_NAMES, SERVICES } from './stack/services';
import type { ServiceName } from './stack/services';

const SERVERS = INFRASTRUCTURE_NAMES.join(',');
const INSTALLED = SERVICE_NAMES.join(',');

export const USAGE = `npm run stack -- [options]
npm run dev -- [options]     the same with --watch

Starts what Uplift stands on, and Uplift itself, as real processes on free loopback ports. Prints the settings by which any process of
Uplift finds it, and runs until Ctrl-C.

  --infrastructure <names>  servers to start, with commas between, or none (${SERVERS})
  --services <names>        services to start, with commas between, or none (${INSTALLED})
  --dir <folder>            where files and logs go, and stay; else a temporary folder
  --watch                   build and restart the services when a source changes
  --install-only            put the servers in place, and end
  --store <address>         an event store that you have, in place of the embedded one; env:NAME reads it from a variable
  --use-existing            also a store that an installation of Uplift lives in
  --help                    print this`;

export interface StackArguments {
  readonly infrastructure: readonly InfrastructureName[];
  readonly services: readonly ServiceName[];
  readonly dir: string | undefined;
  readonly watch: boolean;
  readonly installOnly: boolean;
  /** As it was given. */
  readonly store: string | undefined;
  readonly useExisting: boolean;
}

/** Throws UsageError with one sentence on anything that it does not know. */
export function stackArguments(args: string[]): StackArguments {
  const { values } = readArguments({
    args,
    options: {
      dir: { type: 'string' },
      infrastructure: { type: 'string', default: SERVERS },
      services: { type: 'string', default: INSTALLED },
      watch: { type: 'boolean', default: false },
      'install-only': { type: 'boolean', default: false },
      store: { type: 'string' },
      'use-existing': { type: 'boolean', default: false },
    },
  });
  const { dir, watch, store, infrastructure, services } = values;
  return {
    ...{ dir, watch, store },
    infrastructure: namesIn('--infrastructure', infrastructure, INFRASTRUCTURE_NAMES),
    services: namesIn('--services', services, Object.keys(SERVICES) as ServiceName[]),
    installOnly: values['install-only'],
    useExisting: values['use-existing'],
  };
}

/** In the order in which they are known. */
function namesIn<T extends string>(option: string, list: string, known: readonly T[]): T[] {
  const names = list.split(',').filter((name) => name !== '' && name !== 'none');
  const unknown = names.find((name) => !known.some((item) => item === name));
  if (unknown === undefined) return known.filter((item) => names.includes(item));
  throw new UsageError(`${option} wants some of ${known.join(', ')}, not "${unknown}"`);
}
