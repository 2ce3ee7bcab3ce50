import { COMMAND_ROUTES, CONTENT_TYPES, queryParameters, type QueryName } from '@uplift/contracts';
import { HttpDoor, type HttpOptions } from './http.door';
import { HttpFollowing, type HttpFollowOptions } from './http.following';
import { NotAnsweredError } from './retries';
import { UpliftClient, type SentCommand, type Transport } from './uplift-client';
import { SYSTEM_WAITS, type Waits } from './waits';

/** The path of each query; `{name}` stands for that member of what it takes. */
const QUERY_PATHS: Readonly<Record<QueryName, string>> = {
  instanceGet: '/v1/instances/{instanceId}',
  instanceList: '/v1/instances',
  instanceStats: '/v1/stats',
  instanceTimeline: '/v1/instances/{instanceId}/timeline',
  upgradeGet: '/v1/upgrades/{upgradeId}',
  upgradeList: '/v1/upgrades',
  systemStatus: '/v1/system',
  systemFindings: '/v1/system/findings',
};

/** Speaks to the command API. Nothing is sent before the first call. */
export function overHttp(
  options: HttpOptions,
  waits: Waits = SYSTEM_WAITS,
): UpliftClient<HttpFollowOptions> {
  return new UpliftClient(new HttpTransport(new HttpDoor(options), waits), waits);
}

class HttpTransport implements Transport<HttpFollowOptions> {
  constructor(
    private readonly door: HttpDoor,
    private readonly waits: Waits,
  ) {}

  async command(command: SentCommand, signal: AbortSignal): Promise<unknown> {
    const { method, path } = COMMAND_ROUTES[command.name];
    const { filled, rest } = fill(path, command.input);
    const headers = {
      'content-type': CONTENT_TYPES.json,
      'idempotency-key': command.key,
      ...(command.ifRevision === undefined ? {} : { 'if-match': `"${command.ifRevision}"` }),
    };
    const sent = { method, headers, body: JSON.stringify(rest), signal };
    return contentOf(await this.door.open(filled, sent));
  }

  async query(name: QueryName, input: object, signal: AbortSignal): Promise<unknown> {
    const { filled, rest } = fill(QUERY_PATHS[name], input);
    const text = parametersOf(name, rest).toString();
    return contentOf(await this.door.open(text === '' ? filled : `${filled}?${text}`, { signal }));
  }

  follow(options: HttpFollowOptions = {}) {
    return new HttpFollowing(this.door, this.waits, options).events();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Puts the members that the path names there; the others are left. */
function fill(path: string, input: object) {
  const rest = { ...input } as Record<string, unknown>;
  const filled = path.replace(/\{(\w+)\}/g, (_, member: string) => {
    const value = rest[member];
    if (typeof value !== 'string' || value === '') throw new RangeError(`${member} is missing`);
    delete rest[member];
    return encodeURIComponent(value);
  });
  return { filled, rest };
}

function parametersOf(name: QueryName, input: Readonly<Record<string, unknown>>): URLSearchParams {
  const known = queryParameters(name);
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  const parameters = given.flatMap(([member, value]) => {
    const parameter = known.find((each) => each.member === member);
    if (parameter === undefined) throw new RangeError(`${name} takes no ${member} over HTTP`);
    return textsOf(value).map((text): [string, string] => [parameter.name, text]);
  });
  return new URLSearchParams(parameters);
}

/** A list is a parameter that stands there several times. */
function textsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return [typeof value === 'string' ? value : JSON.stringify(value)];
}

async function contentOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw new NotAnsweredError('The answer of the command API ended early', { cause });
  }
}
