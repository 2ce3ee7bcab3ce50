import {
  AccessDeniedError,
  DeadlineExceededError,
  NotLeaderError,
  TimeoutError,
  UnavailableError,
  UnknownError,
} from '@eventstore/db-client';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { parseEsdbConnectionString } from './esdb.connection-string';
import { EsdbConnection } from './esdb.connection';
import { NoAnswerError } from './esdb.errors';
import {
  EventStoreRefusedError,
  EventStoreUnavailableError,
  RevisionConflictError,
} from './event-store.port';

/** As the client hands on what a server says. */
const serverSays = (message: string, trailers: object = {}) =>
  Object.assign(new Error(message), { metadata: { getMap: () => trailers } }) as never;

const leader = { 'leader-endpoint-host': 'b', 'leader-endpoint-port': '2113' };
const rejected = (message: string) => Object.assign(new Error(message), { code: 14 });

/** Seen on the real server, and over in a while: what it is called, and the words that a caller is told. */
const PASSING: readonly (readonly [string, Error, RegExp])[] = [
  [
    'no leader yet, for an append',
    new UnknownError(undefined, 'Could not recognize Server Is Not Ready'),
    /Server Is Not Ready/,
  ],
  [
    'no leader yet, for a read',
    new UnavailableError(serverSays('14 UNAVAILABLE: Server Is Not Ready')),
    /Server Is Not Ready/,
  ],
  ['another leader', new NotLeaderError(serverSays('5 NOT_FOUND: Leader', leader)), /Leader/],
  ['a leader that was killed', rejected('14 UNAVAILABLE: read ECONNRESET'), /ECONNRESET/],
  ['nobody there', rejected('14 UNAVAILABLE: No connection established'), /No connection/],
  [
    'a polite stop',
    new UnknownError(serverSays('13 INTERNAL: Received RST_STREAM with code 0')),
    /RST_STREAM/,
  ],
  ['a leader that hangs', new NoAnswerError('it did not answer within 4000 ms'), /4000 ms/],
  ['a batched append among equal ones', new DeadlineExceededError(), /not answered in time/],
  [
    'a single append among equal ones',
    new TimeoutError(serverSays('10 ABORTED: Operation timed out: Commit phase timeout.')),
    /Commit phase timeout/,
  ],
  [
    'a CA that is not known',
    new UnavailableError(serverSays('14 UNAVAILABLE: unable to verify the first certificate')),
    /unable to verify the first certificate/,
  ],
];

/** Asking again changes nothing: a new user or right does. */
const REFUSALS: readonly (readonly [string, Error, RegExp])[] = [
  ['no right, without a word', new AccessDeniedError(), /denies .* as user ops the right to x/],
  [
    'no right, in words',
    new AccessDeniedError(serverSays('7 PERMISSION_DENIED: Access Denied')),
    /denies .* as user ops the right to x/,
  ],
  ['no right, said to a stream', rejected('7 PERMISSION_DENIED: Access Denied'), /the right to x/],
  [
    'a wrong password',
    new AccessDeniedError(serverSays('16 UNAUTHENTICATED: Unauthenticated')),
    /as user ops: user or password is wrong/,
  ],
  [
    'a wrong password, said to a stream',
    rejected('16 UNAUTHENTICATED: Unauthenticated'),
    /user or password is wrong/,
  ],
];

function setUp() {
  const clock = new VirtualClock();
  const refused: EventStoreRefusedError[] = [];
  const connection = new EsdbConnection({
    settings: parseEsdbConnectionString('esdb://ops:secret@127.0.0.1:1?tls=false'),
    patience: { attemptMs: 4_000, totalMs: 15_000 },
    clock,
    randomness: new SeededRandomness(1),
    onRefused: (error) => refused.push(error),
  });
  const ask = jest.fn<Promise<string>, []>();
  const asked = (ms: number) => {
    const answer = connection.answer('x', ask);
    const ended = answer.catch(() => undefined);
    return { answer, ended: clock.advance(ms).then(() => ended) };
  };
  return { clock, connection, refused, ask, asked };
}

describe('what the store says instead of an answer', () => {
  it.each(PASSING)('is waited out: %s', async (_what, error) => {
    const { ask, asked, refused } = setUp();
    ask.mockRejectedValueOnce(error).mockRejectedValueOnce(error).mockResolvedValue('here');
    const { answer, ended } = asked(1_000);
    await ended;
    expect(await answer).toBe('here');
    expect(refused).toEqual([]);
  });

  it.each(PASSING)('is told with words after 15 s: %s', async (_what, error, words) => {
    const { ask, asked, refused } = setUp();
    ask.mockRejectedValue(error);
    const { answer, ended } = asked(15_000);
    await ended;
    await expect(answer).rejects.toBeInstanceOf(EventStoreUnavailableError);
    await expect(answer).rejects.toThrow(words);
    expect(refused).toEqual([]);
    expect(ask.mock.calls.length).toBeGreaterThan(20);
  });

  it.each(REFUSALS)('is final, and told to the service: %s', async (_what, error, words) => {
    const { ask, asked, refused } = setUp();
    ask.mockRejectedValue(error);
    const { answer, ended } = asked(0);
    await ended;
    await expect(answer).rejects.toMatchObject({ code: 'event-store-refused', user: 'ops' });
    await expect(answer).rejects.toThrow(words);
    expect([ask.mock.calls.length, refused.length]).toEqual([1, 1]);
    expect(refused[0]?.message).not.toContain('secret');
  });

  it('is told at once the first time, and after a pause to whoever asks again', async () => {
    const { clock, connection, ask } = setUp();
    ask.mockRejectedValue(REFUSALS[0]![1]);
    const refusals: number[] = [];
    const insisting = async () => {
      for (let times = 0; times < 8; times += 1) {
        await connection.answer('x', ask).catch(() => refusals.push(clock.monotonic()));
      }
    };
    const ended = insisting();
    await clock.advance(0);
    expect(refusals).toHaveLength(1);
    await clock.advance(20_000);
    await ended;
    expect(refusals.at(-1)! - refusals[0]!).toBeGreaterThan(4_000);
    ask.mockResolvedValueOnce('here').mockRejectedValue(REFUSALS[0]![1]);
    expect(await connection.answer('x', ask)).toBe('here');
    await expect(connection.answer('x', ask)).rejects.toBeInstanceOf(EventStoreRefusedError);
  });

  it('is not asked for again where it is an answer', async () => {
    const { ask, asked } = setUp();
    ask.mockRejectedValue(new RevisionConflictError('instance-1', 3));
    const { answer, ended } = asked(0);
    await ended;
    await expect(answer).rejects.toMatchObject({ code: 'revision-conflict' });
    expect(ask).toHaveBeenCalledTimes(1);
  });
});
