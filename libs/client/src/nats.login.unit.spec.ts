import type { ConnectionOptions } from 'nats';
import { withLogin } from './nats.login';

it.each<[string | string[], ConnectionOptions]>([
  ['nats://u:p@one:4222', { servers: ['nats://one:4222'], user: 'u', pass: 'p' }],
  ['tls://u:a%2Cb%25@one', { servers: ['tls://one'], user: 'u', pass: 'a,b%' }],
  ['u:50%@[::1]:4222', { servers: ['nats://[::1]:4222'], user: 'u', pass: '50%' }],
  ['nats://secret@one', { servers: ['nats://one'], token: 'secret' }],
  [['one', 'nats://u:p@two'], { servers: ['nats://one', 'nats://two'], user: 'u', pass: 'p' }],
])('the user that %j names is whom the client connects as', (servers, options) => {
  expect(withLogin({ servers, name: 'billing' })).toEqual({ ...options, name: 'billing' });
});

it('a user beside the address counts more', () => {
  const given = { servers: 'nats://u:p@one', user: 'billing', pass: 'q' };
  expect(withLogin(given)).toEqual({ ...given, servers: ['nats://one'] });
});

it.each<ConnectionOptions>([
  {},
  { servers: 'nats://one:4222' },
  { servers: ['one', 'two:4223'] },
  { servers: 'nats://no address@' },
])('%j stays as it is', (given) => {
  expect(withLogin(given)).toBe(given);
});
