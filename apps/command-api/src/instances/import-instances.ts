import type { BeforeApplicationShutdown } from '@nestjs/common';
import { applyDecorators, Injectable, Logger } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { CommandAnswer, ProblemDetails } from '@uplift/contracts';
import { problem, refusal } from '@uplift/contracts';
import { canonicalJson } from '@uplift/event-store';
import type { CancelTimer } from '@uplift/runtime';
import { Clock } from '@uplift/runtime';
import { bulkhead } from 'cockatiel';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Principal } from '@uplift/access';
import { Authenticator } from '@uplift/access';
import { holderOf, SharedPlaces } from '../access/shared-places';
import { answerOf } from '../commands/command-answer';
import { CommandLimits } from '../commands/command-limiter';
import type { OptionallyKeyedCaller } from '../commands/command-request';
import { DescribedProblems, IDEMPOTENCY_KEY } from '../http/routes';
import { NDJSON, NO_LINES } from '../http/import-body';
import { BODY_LIMIT_BYTES, readDto } from '../input/read-dto';
import { toProblem } from '../commands/to-problem';
import type { Line } from './import-lines';
import { linesOf, mapInOrder } from './import-lines';
import { InstanceCommands } from './instance-commands';
import { ImportedInstanceDto } from './instances.dto';

const MOST_AT_ONCE = 32;
const MOST_IMPORTS = 8;
/** Instances of an import that are remembered: it may go on for ever. */
const MOST_SEEN = 50_000;
/** Of the holder of one token. */
const MOST_OF_ONE = 2;
/** An import in which no line comes and no answer is read is cut. */
const IDLE_MS = 60_000;
/** For the lines in hand once an import is cut. */
const LAST_ANSWERS_MS = 20_000;
const LINES = { type: 'string', format: 'binary' };

export function DescribedImport(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Register many instances, one per line',
      description:
        'Each line is an ImportedInstanceDto; each line of the answer is {line, status, result} or {line, status, problem}, sent as soon as that line and those before it are done. Takes as long as lines come and answers are read. One that is cut ends with a line {cut: {reason, lines, accepted, known, refused}}. A line that names the instance of an earlier line says so in `repeats`, the number of that line. Lines may be sent again.',
    }),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'Key of each line, scoped to the instance of the line; without it a line is its own key',
      schema: IDEMPOTENCY_KEY,
    }),
    ApiConsumes(NDJSON),
    ApiBody({
      description: 'One instance per line, each with its instanceId',
      schema: LINES,
    }),
    ApiResponse({
      status: 200,
      description: 'One answer per line, in order, each as soon as it is there',
      content: { [NDJSON]: { schema: LINES } },
    }),
    DescribedProblems(400, 415, 429),
  );
}

type LineAnswer = {
  readonly line: number;
  readonly status: number;
  /** The earlier line of this import that names the same instance. */
  readonly repeats?: number;
} & ({ readonly result: CommandAnswer } | { readonly problem: ProblemDetails });

/** Registers one instance per line. A bad line is answered and the next one taken. */
@Injectable()
export class ImportInstances implements BeforeApplicationShutdown {
  private readonly logger = new Logger('import');
  private readonly underWay = new Set<ImportRun>();
  private readonly places = new SharedPlaces(MOST_IMPORTS, (most, ofWhom) => {
    const whose = ofWhom === 'one' ? ' of this caller' : '';
    return refusal('overloaded', `${most} imports${whose} are under way: send the lines later`);
  });
  /** The lines of all imports have half of the turns at most: the other commands always find room. */
  private readonly turns;

  constructor(
    private readonly commands: InstanceCommands,
    private readonly clock: Clock,
    private readonly authenticator: Authenticator,
    limits: CommandLimits,
  ) {
    this.turns = bulkhead(Math.max(1, limits.underWay >> 1), MOST_IMPORTS * MOST_AT_ONCE);
  }

  /** Lines of JSON: the answers in the order of the lines. Throws `overloaded`. */
  answer(
    bytes: AsyncIterable<Buffer>,
    caller: OptionallyKeyedCaller,
    principal: Principal,
  ): Readable {
    const giveBack = this.places.take(holderOf(principal, MOST_OF_ONE));
    const run = new ImportRun(this.clock);
    this.underWay.add(run);
    const answers = Readable.from(this.answers(run, bytes, caller));
    run.onStuck = () => answers.destroy();
    const unfollow = this.authenticator.follow(principal, () => run.cut('access-ended'));
    answers
      .once('close', unfollow)
      .once('close', giveBack)
      .once('close', () => this.end(run));
    return answers;
  }

  /** The lines in hand are still answered, and the clients told how far it went. */
  async beforeApplicationShutdown(): Promise<void> {
    const runs = [...this.underWay];
    for (const run of runs) run.cut('service-stopping');
    await Promise.all(runs.map((run) => run.ended));
  }

  private async *answers(
    run: ImportRun,
    bytes: AsyncIterable<Buffer>,
    caller: OptionallyKeyedCaller,
  ): AsyncGenerator<string> {
    const lines = linesOf(run.moving(bytes), BODY_LIMIT_BYTES);
    const seen = new SeenInstances();
    try {
      const answers = mapInOrder(lines, MOST_AT_ONCE, (line) =>
        this.importLine(line, caller, seen),
      );
      for await (const answer of answers) {
        run.count(answer.status);
        yield `${JSON.stringify(answer)}\n`;
      }
      if (run.isEmpty) yield `${JSON.stringify(withoutLines())}\n`;
      run.complete();
    } catch (error) {
      run.cut(error instanceof ImportCutError ? error.reason : 'client-gone');
    }
    if (run.reason !== null) yield `${JSON.stringify({ cut: run.summary })}\n`;
  }

  private end(run: ImportRun): void {
    this.underWay.delete(run);
    run.end();
    if (run.reason === null) this.logger.log('import done', run.summary);
    else this.logger.warn('import cut', run.summary);
  }

  private async importLine(
    line: Line,
    caller: OptionallyKeyedCaller,
    seen: SeenInstances,
  ): Promise<LineAnswer> {
    try {
      const dto = readDto(ImportedInstanceDto, parse(line));
      return await seen.inTurn(dto.instanceId, line.number, (earlier) =>
        this.registerLine({ dto, line, earlier }, caller),
      );
    } catch (error) {
      return this.refused(line.number, error);
    }
  }

  private async registerLine(
    { dto, line: { number: line }, earlier }: ReadLine,
    caller: OptionallyKeyedCaller,
  ): Promise<LineAnswer> {
    const repeats = earlier === undefined ? {} : { repeats: earlier };
    const { idempotencyKey = `import:${digest(dto)}` } = caller;
    const keyed = { ...caller, idempotencyKey, isPatient: true } as const;
    try {
      const result = await this.turns.execute(() => this.commands.register(dto, keyed));
      const status = result.outcome === 'accepted' ? 202 : 200;
      return { line, status, ...repeats, result: answerOf(result) };
    } catch (error) {
      const refused = this.refused(line, error);
      return { ...refused, ...repeats, problem: ofRepeated(refused.problem, earlier) };
    }
  }

  private refused(line: number, error: unknown) {
    const document = toProblem(error);
    if (document.code === 'internal-error') this.logger.error(error, 'unexpected');
    return { line, status: document.status, problem: document };
  }
}

interface ReadLine {
  readonly dto: ImportedInstanceDto;
  readonly line: Line;
  /** Number of the line before it that names the same instance. */
  readonly earlier: number | undefined;
}

/** What an earlier line of the same import says otherwise is no fault of another caller. */
const OF_OTHER_CONTENT = ['instance-already-registered', 'idempotency-key-reused'];

function ofRepeated(document: ProblemDetails, earlier: number | undefined): ProblemDetails {
  if (earlier === undefined || !OF_OTHER_CONTENT.includes(document.code)) return document;
  const detail = `Line ${earlier} of this import names the same instance with other content: leave one of the two out`;
  return { ...document, detail };
}

function withoutLines() {
  const document = problem('malformed-json', NO_LINES);
  return { line: 1, status: document.status, problem: document };
}

/** Which line of an import named an instance last. Lines of one instance are handled one after the other. */
class SeenInstances {
  private readonly lines = new Map<
    string,
    { readonly line: number; readonly done: Promise<unknown> }
  >();

  /** `handle` is given the number of the earlier line. */
  inTurn<Result>(
    instanceId: string,
    line: number,
    handle: (earlier: number | undefined) => Promise<Result>,
  ): Promise<Result> {
    const earlier = this.lines.get(instanceId);
    const done = Promise.resolve(earlier?.done).then(() => handle(earlier?.line));
    const settled = done.then(
      () => undefined,
      () => undefined,
    );
    this.lines.delete(instanceId);
    this.lines.set(instanceId, { line, done: settled });
    const [oldest] = this.lines.keys();
    if (this.lines.size > MOST_SEEN && oldest !== undefined) this.lines.delete(oldest);
    return done;
  }
}

/** Why an import ends before all its lines are answered. */
type Cut = 'idle' | 'service-stopping' | 'client-gone' | 'access-ended';

class ImportCutError extends Error {
  constructor(readonly reason: Cut) {
    super(`The import was cut: ${reason}`);
  }
}

/** One import: how far it has come, and whether it still moves. */
class ImportRun {
  readonly ended: Promise<void>;
  /** Called when the client does not even take the last line. */
  onStuck: () => void = () => undefined;
  private readonly begunAt: number;
  private readonly stopping = new AbortController();
  private readonly tally = { lines: 0, accepted: 0, known: 0, refused: 0 };
  private cutBy: Cut | null = 'client-gone';
  private resolveEnded: () => void = () => undefined;
  private cancelTimer: CancelTimer;

  constructor(private readonly clock: Clock) {
    this.begunAt = clock.monotonic();
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    this.cancelTimer = this.idleTimer();
  }

  /** Null once all lines are answered. */
  get reason(): Cut | null {
    return this.cutBy;
  }

  get isEmpty(): boolean {
    return this.tally.lines === 0;
  }

  get summary(): object {
    const { cutBy, tally, begunAt, clock } = this;
    return { reason: cutBy ?? 'complete', ...tally, ms: Math.round(clock.monotonic() - begunAt) };
  }

  count(status: number): void {
    this.tally.lines += 1;
    if (status === 202) this.tally.accepted += 1;
    else if (status === 200) this.tally.known += 1;
    else this.tally.refused += 1;
    this.moved();
  }

  complete(): void {
    this.cutBy = null;
  }

  /** Nothing more is read; what was read is answered. */
  cut(reason: Cut): void {
    this.cutBy = reason;
    this.stopping.abort();
    this.cancelTimer();
    this.cancelTimer = this.clock.after(LAST_ANSWERS_MS, () => this.onStuck());
  }

  end(): void {
    this.cancelTimer();
    this.resolveEnded();
  }

  /** The same bytes, until the import is cut. */
  async *moving(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const source = bytes[Symbol.asyncIterator]();
    const { signal } = this.stopping;
    let fail: (error: ImportCutError) => void = () => undefined;
    const cut = () => new ImportCutError(this.cutBy ?? 'client-gone');
    signal.addEventListener('abort', () => fail(cut()), { once: true });
    for (;;) {
      if (signal.aborted) throw cut();
      // A race with one promise for the whole import would keep every chunk until its end.
      const next = await new Promise<IteratorResult<Buffer, unknown>>((resolve, reject) => {
        fail = reject;
        source.next().then(resolve, reject);
      });
      if (next.done === true) return;
      this.moved();
      yield next.value;
    }
  }

  private moved(): void {
    if (this.stopping.signal.aborted) return;
    this.cancelTimer();
    this.cancelTimer = this.idleTimer();
  }

  private idleTimer(): CancelTimer {
    return this.clock.after(IDLE_MS, () => this.cut('idle'));
  }
}

function parse(line: Line): unknown {
  if ('tooLong' in line) {
    throw refusal('body-too-large', `A line may have at most ${BODY_LIMIT_BYTES} bytes`);
  }
  try {
    return JSON.parse(line.text);
  } catch {
    throw refusal('malformed-json', 'Every line must be one JSON object');
  }
}

/** Without a key the line itself is the key: sent again it is a repeat, changed it is another command. */
function digest(dto: ImportedInstanceDto): string {
  return createHash('sha256').update(canonicalJson(dto), 'utf8').digest('hex');
}
