import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEsdbConnectionString, userInConnectionString } from './esdb.connection-string';

const read = (text: string) => {
  const { client, user } = parseEsdbConnectionString(text);
  const [settings, channel, credentials] = client as readonly unknown[];
  return { settings, channel, credentials, user };
};

const node = (address: string, port = 2113) => ({ address, port });

describe('the connection string', () => {
  it.each([
    ['esdb://store?tls=false', { endpoint: node('store') }],
    ['esdb://store:1113', { endpoint: node('store', 1113) }],
    ['esdb://store:2113/?tls=false', { endpoint: node('store') }],
    ['kurrentdb://store:2113?tls=false', { endpoint: node('store') }],
    ['kurrent://store', { endpoint: node('store') }],
    ['esdb://a,b:1,c', { endpoints: [node('a'), node('b', 1), node('c')] }],
    ['kurrentdb://a:1,b:2,c:3/', { endpoints: [node('a', 1), node('b', 2), node('c', 3)] }],
    ['esdb+discover://cluster.example', { discover: node('cluster.example') }],
    ['kurrentdb+discover://cluster.example:2113?tls=true', { discover: node('cluster.example') }],
    ['  kdb+discover://cluster.example  ', { discover: node('cluster.example') }],
  ])('%s names its nodes', (text, nodes) => {
    expect(read(text).settings).toMatchObject(nodes);
  });

  it.each([
    ['esdb://admin:changeit@store', 'admin', 'changeit'],
    ['kurrentdb://admin:p%40ss@store', 'admin', 'p@ss'],
    ['esdb://admin:p@ss@store', 'admin', 'p@ss'],
    ['esdb://admin:a:b@store', 'admin', 'a:b'],
    ['esdb://admin:a%3Ab@store', 'admin', 'a:b'],
    ['esdb://admin:100%@store', 'admin', '100%'],
    ['esdb://admin:100%25@store', 'admin', '100%'],
    ['esdb://ops%40example.org:a%3A%25%40@a,b?connectionName=x', 'ops@example.org', 'a:%@'],
    ['kurrentdb+discover://ops:secret@cluster.example/?tls=true', 'ops', 'secret'],
  ])('%s names its user', (text, username, password) => {
    expect(read(text)).toMatchObject({ user: username, credentials: { username, password } });
  });

  it('tells the user of one that is for another machine, whose files are not here', () => {
    const there = 'store?tls=true&tlsCAFile=/run/secrets/eventstore/ca.pem';
    expect(userInConnectionString(`esdb+discover://api:x@${there}`)).toBe('api');
    expect(userInConnectionString(`esdb+discover://${there}`)).toBeNull();
    expect(() => userInConnectionString(`esdb://${there}&password=x`)).toThrow(
      'none of connection',
    );
  });

  it('takes an @ behind the question mark for what it is', () => {
    const { settings, user } = read('esdb://store?connectionName=relay@host');
    expect(settings).toMatchObject({ endpoint: node('store'), connectionName: 'relay@host' });
    expect(user).toBeNull();
  });

  it('passes on what the client knows, and keeps what the adapter needs', () => {
    const options =
      'nodePreference=follower&maxDiscoverAttempts=3&gossipTimeout=9&keepAliveTimeout=20000' +
      '&defaultDeadline=1&throwOnAppendFailure=false';
    const { settings, channel } = read(`esdb://a,b?tls=false&${options}`);
    expect(settings).toEqual({
      endpoints: [node('a'), node('b')],
      nodePreference: 'follower',
      maxDiscoverAttempts: 3,
      gossipTimeout: 9,
      keepAliveTimeout: 20_000,
    });
    expect(channel).toEqual({ insecure: true });
  });

  it('asks a member of a cluster no longer than an append may wait', () => {
    expect(read('esdb://a,b').settings).toMatchObject({
      gossipTimeout: 2,
      keepAliveTimeout: 3_000,
    });
  });

  it('reads the certificates that it names', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'esdb-')), 'ca.crt');
    writeFileSync(file, 'certificate');
    const { channel } = read(`esdb://store?tlsCaFile=${encodeURIComponent(file)}`);
    expect(channel).toEqual({ insecure: false, rootCertificate: Buffer.from('certificate') });
  });

  it.each([
    ['http://store:2113', 'begins with esdb://'],
    ['esdb://', 'begins with esdb://'],
    ['esdb://store:port', 'expected port number'],
    ['esdb://admin:hidden@store:port?tls=false', 'expected port number'],
    ['esdb://admin@store', 'user:password'],
    ['esdb://admin:@store', 'user:password'],
    ['esdb://store?tls=maybe', 'true or false'],
    ['esdb://store?tlsCAFile=/nowhere/ca.crt', 'tlsCAFile'],
    ['esdb://store?tlsCAFile=/tmp', 'names /tmp, which cannot be read'],
    ['esdb://store?userCertFile=/nowhere/a.crt', 'go together'],
    ['esdb://store?tls=true&password=hidden', 'none of connectionName'],
    ['esdb://admin:hidden?x@store?tls=false', 'is written %3F'],
    ['esdb://admin:1?hidden@store', 'is written %3F'],
  ])('%s is refused with words, and without the password', (text, words) => {
    let message = '';
    try {
      parseEsdbConnectionString(text);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(words);
    expect(message).not.toContain('hidden');
  });
});
