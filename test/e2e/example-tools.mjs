// Stands in for what examples call and a machine may lack: `nats req`, `npm run --silent uplift --` and curl, each with
// the options that examples use, and no other.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connect, headers } from 'nats';

const [tool, ...args] = process.argv.slice(2);
const TOOLS = { nats, npm, curl };
await TOOLS[tool]();

async function nats() {
  const text = { type: 'string' };
  const options = { server: text, header: { ...text, multiple: true }, raw: { type: 'boolean' } };
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const [verb, subject, body] = positionals;
  if (verb !== 'req' || !values.raw) throw new Error(`nats ${args.join(' ')}: not known here`);
  const sent = headers();
  for (const line of values.header) sent.set(...line.split(/:(.*)/s, 2));
  const { host, username: user, password: pass } = new URL(values.server);
  const connection = await connect({ servers: host, user, pass });
  const reply = await connection.request(subject, body, { headers: sent, timeout: 30_000 });
  console.log(reply.string());
  await connection.close();
}

/** Without an installation, which the real one would begin with. */
async function npm() {
  const [run, silent, script, separator, ...rest] = args;
  if ([run, silent, script, separator].join(' ') !== 'run --silent uplift --') {
    throw new Error(`npm ${args.join(' ')}: not known here`);
  }
  const cli = join(import.meta.dirname, '../../dist/apps/cli/src/main.js');
  const child = spawn(process.execPath, [cli, ...rest], { stdio: 'inherit' });
  [process.exitCode] = await once(child, 'exit');
}

async function curl() {
  const flag = { type: 'boolean' };
  const options = {
    silent: { ...flag, short: 's' },
    'show-error': { ...flag, short: 'S' },
    'no-buffer': flag,
    request: { type: 'string', short: 'X' },
    data: { type: 'string', short: 'd' },
    header: { type: 'string', multiple: true, default: [] },
  };
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const response = await fetch(positionals[0], {
    method: values.request ?? 'GET',
    headers: values.header.map((line) => line.split(/: (.*)/s, 2)),
    body: values.data,
  });
  for await (const chunk of response.body) process.stdout.write(chunk);
}
