import type { ExecutionContext } from '@nestjs/common';
import type { JwtVerifier, Principal } from '@uplift/access';
import {
  AccessPolicy,
  actorOfToken,
  Authenticator,
  DenialMeter,
  principalOf,
  RequestLimiter,
} from '@uplift/access';
import { accessOn } from '@uplift/access/testing';
import { auditedReadsStream, denialStream } from '@uplift/contracts';
import { deterministicEventId, loadOrEmpty } from '@uplift/event-store';
import { Health, Metrics } from '@uplift/runtime';
import { RefusalRecorder } from '../commands/refusal-recorder';
import { refusedWith } from '../testing/command-requests';
import { InMemoryActorNames } from '../testing/in-memory.actor-names';
import { AccessGuard } from './access.guard';
import { ActorNameKeeper } from './actor-name-keeper';
import { AdmissionRecords } from './admission-records';
import { CallbackTokens } from './callback-tokens';
import { ReadRecorder } from './read-recorder';
import { Needs, NeedsIdentity, NeedsInstanceToken, Public } from './route-access';

const HOUR_MS = 3_600_000;

class Handlers {
  @Needs('instances:write')
  write(this: void) {
    return undefined;
  }

  @Needs('audit:read')
  findings(this: void) {
    return undefined;
  }

  @Needs('instances:read', { more: 'audit:read' })
  events(this: void) {
    return undefined;
  }

  @Needs('instances:write', { isRecorded: true })
  credential(this: void) {
    return undefined;
  }

  @Needs('instances:write', { limits: 'held' })
  hold(this: void) {
    return undefined;
  }

  @NeedsIdentity()
  whoever(this: void) {
    return undefined;
  }

  @NeedsInstanceToken()
  callback(this: void) {
    return undefined;
  }

  @Public('a test')
  open(this: void) {
    return undefined;
  }

  undeclared(this: void) {
    return undefined;
  }
}
const { write, findings, events, credential, hold, whoever, callback, open, undeclared } =
  Handlers.prototype;
const ID = '77777777-7777-4777-8777-777777777777';

function setUp(isOff = false, jwt: JwtVerifier | null = null) {
  const access = accessOn(undefined, jwt);
  const { store, clock } = access;
  const policy = isOff ? new AccessPolicy(true) : access.authenticator.policy;
  const authenticator = isOff
    ? new Authenticator(policy, access.tokens, null, clock)
    : access.authenticator;
  const metrics = new Metrics('command-api');
  const refusals = new RefusalRecorder(store, clock, metrics);
  const reads = new ReadRecorder(policy, store, clock, metrics);
  const names = new InMemoryActorNames();
  const health = new Health(clock);
  const keeper = new ActorNameKeeper(names, { store, clock, metrics, health });
  const keys = ['k'.repeat(32)];
  const callbacks = new CallbackTokens({ keys, isTokenTakenFromUrl: false, isGetTaken: false });
  const limiter = new RequestLimiter({ writes: 60, reads: 600 }, clock);
  const records = new AdmissionRecords(refusals, reads, keeper, new DenialMeter(metrics));
  const guard = new AccessGuard(authenticator, callbacks, records, limiter);
  const shown: Record<string, string> = {};

  const overHttp = async (
    handler: object,
    authorization?: string,
    method = 'POST',
    url = '/v1/x',
  ) => {
    const called = { params: { uuid: ID }, query: {} };
    const request = { method, headers: { authorization }, routeOptions: { url }, ...called };
    const reply = { header: (name: string, value: string) => void (shown[name] = value) };
    const http = { getRequest: () => request, getResponse: () => reply };
    const parts = { getType: () => 'http', switchToHttp: () => http, getHandler: () => handler };
    await guard.canActivate(parts as unknown as ExecutionContext);
    return principalOf(request);
  };
  const overBus = async (handler: object, token?: string) => {
    const request = { body: {}, headers: { 'Uplift-Actor-Token': token }, subject: 'uplift.cmd.x' };
    const rpc = { getData: () => request };
    const parts = { getType: () => 'rpc', switchToRpc: () => rpc, getHandler: () => handler };
    await guard.canActivate(parts as unknown as ExecutionContext);
    return principalOf(request);
  };
  const presentHour = () => new Date(clock.wall() - (clock.wall() % HOUR_MS)).toISOString();
  const dataIn = async (stream: string) =>
    (await loadOrEmpty(store, stream)).map(({ data }) => data);
  const denied = async () => {
    await refusals.settled();
    return dataIn(denialStream(deterministicEventId('denials', presentHour(), 0)));
  };
  const read = async () => {
    await reads.settled();
    return dataIn(auditedReadsStream(deterministicEventId('audited-reads', presentHour(), 0)));
  };
  /** The names that came into the table. */
  const kept = async () => {
    keeper.onApplicationBootstrap();
    await clock.advance(10_000);
    await keeper.beforeApplicationShutdown();
    return Object.fromEntries(names.rows);
  };
  return { ...access, metrics, callbacks, overHttp, overBus, denied, read, kept, shown };
}

describe('the guard before every route', () => {
  it('lets in whoever has the scope, and says who it is', async () => {
    const { overHttp, overBus, create } = setUp();
    const { token, tokenId } = await create(['instances:write']);
    expect(await overHttp(write, `Bearer ${token}`)).toMatchObject({ subject: tokenId });
    expect(await overHttp(whoever, `bearer  ${token}`)).toMatchObject({ subject: tokenId });
    expect(await overBus(write, token)).toMatchObject({ subject: tokenId });
    expect(await overBus(write)).toMatchObject({ actor: { id: 'bus' } });
  });

  it('lets nobody in without the scope', async () => {
    const { overHttp, overBus, create } = setUp();
    const { token } = await create(['instances:read', 'system:operate', 'audit:read']);
    const lacking = refusedWith('scope-missing');
    await expect(overHttp(write, `Bearer ${token}`)).rejects.toMatchObject(lacking);
    await expect(overBus(write, token)).rejects.toMatchObject(lacking);
  });

  it('counts whom it does not let in, readers too, by why', async () => {
    const { overHttp, overBus, create, metrics } = setUp();
    const { token } = await create(['instances:read']);
    for (const authorization of [undefined, undefined, 'Bearer uplift_x', `Bearer ${token}`]) {
      await expect(overHttp(findings, authorization, 'GET')).rejects.toThrow();
    }
    await expect(overBus(write, token)).rejects.toThrow();
    await overHttp(events, `Bearer ${token}`, 'GET');
    const counted = (await metrics.render()).body.match(/^uplift_requests_denied_total{.*$/gm);
    expect(counted?.sort()).toEqual([
      'uplift_requests_denied_total{transport="http",code="credentials-missing"} 2',
      'uplift_requests_denied_total{transport="http",code="credentials-refused"} 1',
      'uplift_requests_denied_total{transport="http",code="scope-missing"} 1',
      'uplift_requests_denied_total{transport="nats",code="scope-missing"} 1',
    ]);
  });

  it('lets a limited token only to handlers that hold it to its instances', async () => {
    const { overHttp, overBus, create, denied } = setUp();
    const { token } = await create(['instances:write'], 86_400_000, { team: 'payments' });
    const limited = { labels: { team: 'payments' } };
    expect(await overHttp(hold, `Bearer ${token}`)).toMatchObject(limited);
    expect(await overHttp(whoever, `Bearer ${token}`)).toMatchObject(limited);
    const refused = { problem: { status: 403, code: 'token-limited' } };
    await expect(overHttp(write, `Bearer ${token}`)).rejects.toMatchObject(refused);
    await expect(overBus(write, token)).rejects.toMatchObject(refused);
    expect(await denied()).toMatchObject([
      { command: 'POST /v1/x', code: 'token-limited' },
      { command: 'uplift.cmd.x', code: 'token-limited' },
    ]);
  });

  it('counts what the holder of a token sends, writes and reads apart, refused or not', async () => {
    const { overHttp, overBus, create, clock, shown, rootToken, denied } = setUp();
    const { token } = await create(['instances:read']);
    const lacking = refusedWith('scope-missing');
    for (let n = 0; n < 30; n += 1) {
      await expect(overHttp(write, `Bearer ${token}`)).rejects.toMatchObject(lacking);
      await expect(overBus(write, token)).rejects.toMatchObject(lacking);
    }
    const tooMany = { problem: { code: 'too-many-requests', retryAfterSeconds: 60 } };
    await expect(overHttp(write, `Bearer ${token}`)).rejects.toMatchObject(tooMany);
    expect(shown).toEqual({
      'ratelimit-policy': '"writes";q=60;w=60',
      ratelimit: '"writes";r=0;t=60',
    });
    await expect(overBus(write, token)).rejects.toMatchObject(tooMany);
    expect(await denied()).toHaveLength(2);

    await overHttp(whoever, `Bearer ${token}`, 'GET');
    expect(shown.ratelimit).toBe('"reads";r=599;t=60');
    await overHttp(write, `Bearer ${rootToken}`);
    await overBus(write);
    await clock.advance(60_000);
    await expect(overHttp(write, `Bearer ${token}`)).rejects.toMatchObject(lacking);
  });

  it.each([undefined, '', 'Bearer', 'Bearer uplift_x', 'Basic eDp5'])(
    'lets nobody in with %j, but where everybody may come in',
    async (authorization) => {
      const { overHttp } = setUp();
      for (const handler of [write, whoever]) {
        const refused = { problem: { status: 401 } };
        await expect(overHttp(handler, authorization)).rejects.toMatchObject(refused);
      }
      expect(await overHttp(open, authorization)).toBeUndefined();
    },
  );

  it('lets the app of an instance report its health, and nobody else, whatever his token', async () => {
    const { overHttp, callbacks, rootToken, create, denied } = setUp();
    const url = '/api/instance/:uuid/health/:status';
    const own = `Bearer ${callbacks.tokenOf(ID)}`;
    expect(await overHttp(callback, own, 'POST', url)).toMatchObject({ subject: ID, scopes: [] });
    const { token } = await create(['instances:write']);
    const refused = { problem: { status: 401, code: 'health-token-refused' } };
    for (const shown of [`Bearer ${rootToken}`, `Bearer ${token}`, undefined]) {
      await expect(overHttp(callback, shown, 'POST', url)).rejects.toMatchObject(refused);
    }
    await expect(overHttp(write, own)).rejects.toMatchObject({ problem: { status: 401 } });
    await expect(overHttp(callback, own, 'GET', url)).rejects.toMatchObject({
      problem: { status: 403 },
    });
    expect(await denied()).toMatchObject([
      { command: `POST ${url}`, code: 'health-token-refused' },
      { command: 'POST /v1/x', code: 'credentials-refused' },
      { command: `GET ${url}`, code: 'health-callbacks-off' },
    ]);
  });

  it('lets nobody into what says nothing of itself', async () => {
    const { overHttp, rootToken } = setUp();
    await expect(overHttp(undeclared, `Bearer ${rootToken}`)).rejects.toThrow(/may be used/);
  });

  it('keeps each denied command once an hour, with whom it was denied to', async () => {
    const { overHttp, overBus, create, denied, clock } = setUp();
    const { token } = await create(['instances:read']);
    const deny = async () => {
      for (let n = 0; n < 5; n += 1) {
        await expect(overHttp(write, `Bearer ${token}`)).rejects.toThrow();
        await expect(overHttp(write)).rejects.toThrow();
        await expect(overHttp(write, undefined, 'GET')).rejects.toThrow();
        await expect(overBus(write, 'uplift_x')).rejects.toThrow();
      }
    };
    await deny();
    const hour = new Date(clock.wall()).toISOString();
    const http = { command: 'POST /v1/x', transport: 'http', hour };
    const nobody = { deniedTo: null, hour };
    expect(await denied()).toEqual([
      {
        ...http,
        code: 'scope-missing',
        deniedTo: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      },
      { ...http, code: 'credentials-missing', ...nobody },
      { command: 'uplift.cmd.x', transport: 'nats', code: 'credentials-refused', ...nobody },
    ]);
    await clock.advance(HOUR_MS);
    await deny();
    expect(await denied()).toHaveLength(3);
  });

  it('keeps no more than a thousand denied commands an hour', async () => {
    const { overHttp, denied } = setUp();
    for (let n = 0; n < 1_010; n += 1) {
      await expect(overHttp(write, undefined, 'POST', `/v1/x/${n}`)).rejects.toThrow();
      if (n % 50 === 0) await denied();
    }
    expect(await denied()).toHaveLength(1_000);
  }, 60_000);
});

describe('a read that takes audit:read', () => {
  const URL = '/v1/system/findings';

  it('is kept once an hour for each caller and route, however often it is made', async () => {
    const { overHttp, create, read, clock } = setUp();
    const [one, other] = [await create(['audit:read']), await create(['audit:read'])];
    const readAll = async () => {
      for (let n = 0; n < 5; n += 1) {
        await overHttp(findings, `Bearer ${one.token}`, 'GET', URL);
        await overHttp(findings, `Bearer ${one.token}`, 'GET', '/v1/audit');
        await overHttp(findings, `Bearer ${other.token}`, 'GET', URL);
      }
    };
    await readAll();
    const hour = new Date(clock.wall()).toISOString();
    const by = ({ tokenId }: { tokenId: string }) => ({ readBy: actorOfToken(tokenId), hour });
    expect(await read()).toEqual([
      { route: `GET ${URL}`, ...by(one) },
      { route: 'GET /v1/audit', ...by(one) },
      { route: `GET ${URL}`, ...by(other) },
    ]);
    await clock.advance(HOUR_MS);
    await readAll();
    expect(await read()).toHaveLength(3);
  });

  it('is kept where the scope only shows more, of whoever has it', async () => {
    const { overHttp, create, read } = setUp();
    const url = '/v1/events';
    const [less, more] = [
      await create(['instances:read']),
      await create(['instances:read', 'audit:read']),
    ];
    await overHttp(events, `Bearer ${less.token}`, 'GET', url);
    expect(await read()).toEqual([]);
    await overHttp(events, `Bearer ${more.token}`, 'GET', url);
    expect(await read()).toMatchObject([
      { route: `GET ${url}`, readBy: actorOfToken(more.tokenId) },
    ]);
  });

  it('is kept where a credential is given out, whatever scope that takes', async () => {
    const { overHttp, create, read } = setUp();
    const { token, tokenId } = await create(['instances:write']);
    const url = '/v1/instances/:id/callback-token';
    await overHttp(credential, `Bearer ${token}`, 'GET', url);
    expect(await read()).toMatchObject([{ route: `GET ${url}`, readBy: actorOfToken(tokenId) }]);
  });

  it('leaves nothing where it is denied, was no read, or nobody has to say who he is', async () => {
    const { overHttp, create, read } = setUp();
    const { token } = await create(['instances:read', 'instances:write']);
    await expect(overHttp(findings, `Bearer ${token}`, 'GET', URL)).rejects.toThrow();
    await overHttp(write, `Bearer ${token}`);
    expect(await read()).toEqual([]);
    const open = setUp(true);
    await open.overHttp(findings, undefined, 'GET', URL);
    expect(await open.read()).toEqual([]);
  });

  it('is kept a thousand times an hour at most', async () => {
    const { overHttp, rootToken, read } = setUp();
    for (let n = 0; n < 1_010; n += 1) {
      await overHttp(findings, `Bearer ${rootToken}`, 'GET', `/v1/x/${n}`);
      if (n % 50 === 0) await read();
    }
    expect(await read()).toHaveLength(1_000);
  }, 60_000);
});

describe('the name in a token of the issuer', () => {
  const JANE: Principal = {
    actor: { type: 'user', id: 'actor-jane' },
    scopes: ['instances:read', 'instances:write', 'audit:read'],
    labels: {},
    ...{ issuer: 'https://id.example.com/', subject: 'jane', name: 'Jane Doe', expiresAt: null },
  };
  const as = (changes: Partial<Principal> = {}) => {
    const verify = () => Promise.resolve({ ...JANE, ...changes });
    return setUp(false, { verify } as unknown as JwtVerifier);
  };
  const KEPT = { 'actor-jane': 'Jane Doe' };

  it('is kept of whoever sends a command, reads the audit, or is denied a command', async () => {
    const sending = as();
    await sending.overHttp(write, 'Bearer jwt');
    expect(await sending.kept()).toEqual(KEPT);

    const overTheBus = as();
    await overTheBus.overBus(write, 'jwt');
    expect(await overTheBus.kept()).toEqual(KEPT);

    const reading = as();
    await reading.overHttp(findings, 'Bearer jwt', 'GET', '/v1/system/findings');
    expect(await reading.kept()).toEqual(KEPT);

    const denied = as({ scopes: [] });
    await expect(denied.overHttp(write, 'Bearer jwt')).rejects.toThrow();
    expect(await denied.kept()).toEqual(KEPT);
  });

  it('is kept of nobody whom no event names', async () => {
    const reading = as();
    await reading.overHttp(whoever, 'Bearer jwt', 'GET', '/v1/whoami');
    expect(await reading.kept()).toEqual({});

    const denied = as({ scopes: [] });
    await expect(denied.overHttp(findings, 'Bearer jwt', 'GET', '/v1/x')).rejects.toThrow();
    expect(await denied.kept()).toEqual({});
  });
});
