import { runUntilStopped } from '@uplift/runtime';
import { parseArgs } from 'node:util';
import type { InfrastructureName } from './stack/infrastructure';
import { INFRASTRUCTURE_NAMES } from './stack/infrastructure';
import { SERVICE_NAMES } from './stack/service-catalog';
import type { StackOptions } from './stack/stack-options';
import { startStack } from './stack/stack';

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    infrastructure: { type: 'string', default: INFRASTRUCTURE_NAMES.join(',') },
    services: { type: 'string', default: SERVICE_NAMES.join(',') },
  },
});

void runUntilStopped({
  name: 'stack',
  async start() {
    const stack = await startStack(stackOptions());
    for (const [name, value] of Object.entries(stack.env)) console.log(`${name}=${value}`);
    for (const { name, pid } of stack.parts) console.log(`# ${name}: process ${pid}`);
    console.log(`# files and logs: ${stack.dir}`);
    return { ports: {}, stop: () => stack.stop() };
  },
});

function stackOptions(): StackOptions {
  return {
    infrastructure: chosen<InfrastructureName>(values.infrastructure, INFRASTRUCTURE_NAMES),
    services: chosen(values.services, SERVICE_NAMES),
    ...(values.dir === undefined ? {} : { dir: values.dir }),
  };
}

function chosen<T extends string>(list: string, known: readonly T[]): T[] {
  const names = list.split(',').filter((name) => name !== '' && name !== 'none');
  const unknown = names.filter((name) => !known.some((item) => item === name));
  if (unknown.length === 0) return known.filter((item) => names.includes(item));
  throw new Error(`Unknown: ${unknown.join(', ')}; known are ${known.join(', ')}`);
}
