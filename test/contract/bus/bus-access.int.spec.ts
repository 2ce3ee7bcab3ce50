import { connectBus, type BusAccess } from '@uplift/bus';
import { nkeys } from 'nats';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTempFolder, NatsServer, type TempFolder } from '../../../tools/stack/src';
import { CERTIFICATES } from '../../support/certificates/certificates';
import { BusServer } from './bus-server';
import { anEvent, publish } from './bus-under-test';

interface KeyPair {
  getPublicKey(): string;
  getSeed(): Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

// The client passes them on without types.
const { createAccount, createOperator, createUser } = nkeys as Record<string, () => KeyPair> as {
  readonly [N in 'createAccount' | 'createOperator' | 'createUser']: () => KeyPair;
};

const NONE = { limits: { subs: -1, data: -1, payload: -1 } };
const JETSTREAM = { limits: { ...NONE.limits, mem_storage: -1, disk_storage: -1, conn: -1 } };

/** A JWT as `nsc` makes it. */
function jwt(signer: KeyPair, subject: KeyPair, nats: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { jti: randomUUID(), iat: 1_700_000_000, name: 'uplift-spec' };
  const keys = { iss: signer.getPublicKey(), sub: subject.getPublicKey() };
  const text = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part({ ...claims, ...keys, nats })}`;
  return `${text}.${Buffer.from(signer.sign(Buffer.from(text))).toString('base64url')}`;
}

const block = (name: string, text: string) =>
  `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n\n`;
const seedOf = (pair: KeyPair) => Buffer.from(pair.getSeed()).toString();

/** Settings of a server that knows one account by its operator, and the credentials of a user of it. */
function operated() {
  const [operator, account, user] = [createOperator(), createAccount(), createUser()];
  const system = createAccount();
  const about = { version: 2 };
  const accountJwt = jwt(operator, account, { ...about, ...JETSTREAM, type: 'account' });
  const systemJwt = jwt(operator, system, { ...about, ...NONE, type: 'account' });
  const userJwt = jwt(account, user, { ...about, ...NONE.limits, type: 'user' });
  const settings = [
    `operator: ${jwt(operator, operator, { ...about, type: 'operator' })}`,
    'resolver: MEMORY',
    `system_account: ${system.getPublicKey()}`,
    `resolver_preload: { ${account.getPublicKey()}: ${accountJwt}, ${system.getPublicKey()}: ${systemJwt} }`,
  ];
  const creds = block('NATS USER JWT', userJwt) + block('USER NKEY SEED', seedOf(user)).trim();
  return { settings: settings.join('\n'), creds };
}

describe('a NATS server that asks who connects', () => {
  let folder: TempFolder;
  let server: NatsServer | undefined;

  beforeEach(async () => {
    folder = await createTempFolder();
  });

  afterEach(async () => {
    await server?.kill();
    server = undefined;
    await folder.remove();
  });

  async function serve(...args: string[]): Promise<string> {
    server = await NatsServer.start({ dir: folder.path, args });
    return `127.0.0.1:${server.port}`;
  }

  async function serveBy(settings: string): Promise<string> {
    const file = join(folder.path, 'server.conf');
    await writeFile(file, settings);
    return serve('-c', file);
  }

  async function expectWork(access: BusAccess): Promise<void> {
    const bus = await connectBus({ ...access, name: 'spec', tries: 3 });
    await bus.ensureTopology();
    const before = await bus.lastSequence();
    await publish(bus, anEvent());
    expect(await bus.lastSequence()).toBe(before + 1);
    await bus.close();
  }

  const expectRefusal = (access: BusAccess) =>
    expect(connectBus({ ...access, name: 'spec' })).rejects.toMatchObject({
      code: 'AUTHORIZATION_VIOLATION',
    });

  it('is given user and password from its address', async () => {
    const place = await serve('--user', 'uplift', '--pass', 's3c:ret@1');
    const login = 'uplift:s3c%3Aret%401';
    await expectWork({ servers: `nats://${login}@${place}` });
    await expectWork({ servers: `nats://${login}@127.0.0.1:1,nats://${login}@${place}` });
    await expectRefusal({ servers: `nats://uplift:wrong@${place}` });
    await expectRefusal({ servers: `nats://${place}` });
  });

  it('is given a token', async () => {
    const place = await serve('--auth', 's3cret');
    await expectWork({ servers: `nats://${place}`, token: 's3cret' });
    await expectWork({ servers: `nats://s3cret@${place}` });
    await expectRefusal({ servers: `nats://${place}`, token: 'wrong' });
  });

  it('is given the proof of an NKey', async () => {
    const user = createUser();
    const place = await serveBy(`authorization: { users: [ { nkey: ${user.getPublicKey()} } ] }\n`);
    await expectWork({ servers: place, nkeySeed: seedOf(user) });
    await expectRefusal({ servers: place, nkeySeed: seedOf(createUser()) });
  });

  it('is given the credentials of a user of an account', async () => {
    const { settings, creds } = operated();
    const place = await serveBy(settings);
    await expectWork({ servers: place, creds });
    await expectRefusal({ servers: place, creds: operated().creds });
  });

  it('is spoken to over TLS, and held against the authority', async () => {
    const { authority, server: certificate, serverKey } = CERTIFICATES;
    const files = ['--tlscert', certificate, '--tlskey', serverKey];
    const place = await serve('--tls', ...files, '--user', 'uplift', '--pass', 's3cret');
    await expectWork({ servers: `tls://uplift:s3cret@${place}`, tlsCa: authority });
    const untrusted = connectBus({ servers: `tls://u:p@${place}`, name: 'spec', tries: 2 });
    await expect(untrusted).rejects.toThrow(/certificate/);
  });

  it('is not spoken to without TLS when TLS is demanded', async () => {
    const plain = await BusServer.start();
    const demanding = connectBus({
      servers: plain.url.replace('nats:', 'tls:'),
      ...{ name: 'spec', tries: 2 },
    });
    await expect(demanding).rejects.toThrow(/tls|TLS/);
    await plain.close();
  });
});
