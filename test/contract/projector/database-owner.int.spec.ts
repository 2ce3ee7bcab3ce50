import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { TempFolder } from '../../../tools/stack/src';
import { createTempFolder, PostgresServer, projectRoot } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';

const SUPERUSER = 'root-of-image';
const DATABASE = 'image';
const OWNER = 'uplift_owner';
const PASSWORD = "p@'ss/$w:rd";

let folder: TempFolder;
let postgres: PostgresServer;
let bin: string;

beforeAll(async () => {
  folder = await createTempFolder('uplift-owner');
  postgres = await PostgresServer.start({ dir: folder.path });
  await postgres.createDatabase(DATABASE);
  await run(postgres.url, `create role "${SUPERUSER}" login superuser password 'initial'`);
  bin = join(folder.path, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'psql'), psqlOver(postgres.urlOf(DATABASE, SUPERUSER)));
  await chmod(join(bin, 'psql'), 0o755);
});

afterAll(async () => {
  postgres.signal('SIGQUIT');
  await postgres.exited;
  await folder.remove();
});

/** The rows of the last statement. */
async function run(url: string, ...statements: string[]): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    let rows: unknown[] = [];
    for (const statement of statements) ({ rows } = await client.query(statement));
    return rows;
  } finally {
    await client.end();
  }
}

function roleOf(name: string): Promise<unknown[]> {
  const columns = 'rolpassword, rolsuper, rolcreaterole, rolcanlogin';
  return run(postgres.url, `select ${columns} from pg_authid where rolname = '${name}'`);
}

/** With what the image leaves to its scripts: the password, and not the name of the file that it was in. */
function makeOwner(password: string) {
  return spawnSync(join(projectRoot(), 'deploy/postgres/owner.sh'), {
    env: {
      PATH: `${bin}:/usr/bin:/bin`,
      POSTGRES_USER: SUPERUSER,
      POSTGRES_DB: DATABASE,
      POSTGRES_PASSWORD: password,
      PGPASSWORD: password,
    },
    encoding: 'utf8',
  });
}

async function demandPassword(): Promise<void> {
  const file = join(folder.path, 'cluster/pg_hba.conf');
  const rules = await readFile(file, 'utf8');
  await writeFile(file, `host all ${OWNER} 127.0.0.1/32 scram-sha-256\n${rules}`);
  await run(postgres.url, 'select pg_reload_conf()');
}

describe('an empty database server', () => {
  it('makes no owner without a password', async () => {
    const { status, stderr } = makeOwner('');
    expect(status).toBeGreaterThan(0);
    expect(stderr).toContain('POSTGRES_PASSWORD_FILE has to name');
    expect(await roleOf(OWNER)).toEqual([]);
  });

  it('makes an owner of its database who is no superuser, and takes the password from that one', async () => {
    expect(makeOwner(PASSWORD)).toMatchObject({ status: 0, stderr: '' });
    const proof = expect.stringMatching(/^SCRAM-SHA-256\$4096:/) as string;
    expect(await roleOf(OWNER)).toEqual([
      { rolpassword: proof, rolsuper: false, rolcreaterole: true, rolcanlogin: true },
    ]);
    expect(await roleOf(SUPERUSER)).toMatchObject([{ rolpassword: null }]);
  });

  it('lets the owner in with the password of the file alone', async () => {
    await demandPassword();
    const owner = new URL(postgres.urlOf(DATABASE, OWNER));
    owner.password = 'another';
    await eventually(async () => {
      await expect(run(owner.href, 'select')).rejects.toMatchObject({ code: '28P01' });
    });
    owner.password = encodeURIComponent(PASSWORD);
    expect(await run(owner.href, 'create schema own', 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('shows the password in no list of processes', async () => {
    const args = await readFile(join(bin, 'args'), 'utf8');
    expect(args).toContain(SUPERUSER);
    expect(args).not.toContain(PASSWORD);
  });
});

/** As much of psql as the script uses, which no package brings along. */
function psqlOver(url: string): string {
  return `#!${process.execPath}
const { Client } = require('${join(projectRoot(), 'node_modules/pg')}');
const { readFileSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
writeFileSync(__dirname + '/args', args.join('\\n'));
const set = args.flatMap((arg, at) => (args[at - 1] === '--set' ? [arg.split('=')] : []));
const values = new Map(set.map(([name, ...value]) => [name, value.join('=')]));
const told = readFileSync(0, 'utf8').replace(/^\\\\getenv (\\w+) (\\w+)$/gm, (_line, name, variable) => {
  values.set(name, process.env[variable]);
  return '';
});
const client = new Client({ connectionString: '${url}' });
const quoted = { "'": (value) => client.escapeLiteral(value), '"': (value) => client.escapeIdentifier(value) };
const sql = told.replace(/:(['"])(\\w+)\\1/g, (_all, quote, name) => quoted[quote](values.get(name)));
client.connect().then(() => client.query(sql)).then(() => client.end());
`;
}
