import type { ConnectionOptions } from 'nats';

/**
 * `nats://user:password@host`, as a setting often has it: the package nats passes over whom an address names. The first
 * that names somebody counts, and less than a `user` or `token` beside it.
 */
export function withLogin(given: ConnectionOptions): ConnectionOptions {
  const servers = [given.servers ?? []].flat().map(withScheme);
  if (!servers.every((server) => URL.canParse(server))) return given;
  const addresses = servers.map((server) => new URL(server));
  const named = addresses.find(({ username }) => username !== '');
  if (named === undefined) return given;
  const places = addresses.map(({ protocol, host }) => `${protocol}//${host}`);
  return { ...loginOf(named), ...given, servers: places };
}

function withScheme(server: string): string {
  return /^[a-z]+:\/\//i.test(server) ? server : `nats://${server}`;
}

/** Without a password it is a token. */
function loginOf({ username, password }: URL): ConnectionOptions {
  if (password === '') return { token: decoded(username) };
  return { user: decoded(username), pass: decoded(password) };
}

/** A `%` that begins no code stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
