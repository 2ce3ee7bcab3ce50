import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { AppendBuffer } from '../wire/append-buffer';
import { batchAppendResponse } from '../wire/batch-append-response';
import { streams, type messages } from '../wire/generated';
import { streamNameOf } from '../wire/stream-identifier';
import { uuidText } from '../wire/uuid';
import type { AppendOutcome, ExpectedVersion } from '../writing/append-request';
import type { WriteService } from './write-service';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Request = streams.BatchAppendReq;
type Options = streams.BatchAppendReq.Options;

interface OpenAppend {
  readonly id: messages.UUID;
  readonly buffer: AppendBuffer;
  timer?: NodeJS.Timeout;
  isAnswered: boolean;
}

/**
 * One batch stream: requests of several appends interleave, each append gets exactly one response.
 * The client crashes on a second one, so an append refused early keeps its place until its last request.
 */
export class BatchAppendSession {
  private readonly open = new Map<string, OpenAppend>();
  private pending = 0;
  private isHalfClosed = false;
  private isClosed = false;

  constructor(
    private readonly call: ServerDuplexStream<Request, streams.BatchAppendResp>,
    private readonly writes: WriteService,
  ) {
    call.on('data', (request: Request) => this.receive(request));
    call.on('drain', () => call.resume());
    call.on('end', () => this.halfClose());
    for (const event of ['cancelled', 'close', 'error']) call.on(event, () => this.close());
  }

  private receive(request: Request): void {
    const id = request.getCorrelationId();
    const key = uuidText(id);
    if (!id || key === undefined) return;
    const append = this.open.get(key) ?? this.begin(id, request.getOptions());
    this.open.set(key, append);
    this.collect(append, request);
    if (!request.getIsFinal()) {
      this.watchDeadline(append, request.getOptions());
      return;
    }
    this.open.delete(key);
    clearTimeout(append.timer);
    if (!append.isAnswered) this.submit(append);
  }

  private begin(id: messages.UUID, options: Options | undefined): OpenAppend {
    const stream = streamNameOf(options?.getStreamIdentifier());
    const append: OpenAppend = {
      id,
      buffer: this.writes.buffer(stream, expectedOf(options)),
      isAnswered: false,
    };
    if (stream === '') {
      this.answer(append, { kind: 'bad-request', message: 'the append names no stream' });
    }
    if (remainingMs(options) <= 0) this.answer(append, { kind: 'timeout' });
    return append;
  }

  private collect(append: OpenAppend, request: Request): void {
    for (const message of request.getProposedMessagesList()) {
      if (append.isAnswered) return;
      const refusal = append.buffer.add(message);
      if (refusal) this.answer(append, refusal);
    }
  }

  private watchDeadline(append: OpenAppend, options: Options | undefined): void {
    if (append.isAnswered || append.timer) return;
    const delay = Math.min(remainingMs(options), LONGEST_TIMER_MS);
    append.timer = setTimeout(() => this.answer(append, { kind: 'timeout' }), delay);
  }

  private submit(append: OpenAppend): void {
    this.pending += 1;
    void this.writes.append(append.buffer.finished()).then((outcome) => {
      this.pending -= 1;
      this.answer(append, outcome);
      this.endWhenAnswered();
    });
  }

  private answer(append: OpenAppend, outcome: AppendOutcome): void {
    if (append.isAnswered || this.isClosed) return;
    append.isAnswered = true;
    const hasRoom = this.call.write(batchAppendResponse(append.id, append.buffer.stream, outcome));
    if (!hasRoom) this.call.pause();
  }

  private halfClose(): void {
    this.isHalfClosed = true;
    for (const append of this.open.values()) {
      this.answer(append, { kind: 'bad-request', message: 'the append was never finished' });
    }
    this.endWhenAnswered();
  }

  private endWhenAnswered(): void {
    if (!this.isHalfClosed || this.pending > 0 || this.isClosed) return;
    this.close();
    this.call.end();
  }

  private close(): void {
    this.isClosed = true;
    for (const { timer } of this.open.values()) clearTimeout(timer);
    this.open.clear();
  }
}

function expectedOf(options: Options | undefined): ExpectedVersion {
  const Case = streams.BatchAppendReq.Options.ExpectedStreamPositionCase;
  switch (options?.getExpectedStreamPositionCase()) {
    case Case.STREAM_POSITION:
      return Number(options.getStreamPosition());
    case Case.NO_STREAM:
      return 'no-stream';
    case Case.STREAM_EXISTS:
      return 'stream-exists';
    default:
      return 'any';
  }
}

function remainingMs(options: Options | undefined): number {
  const deadline = options?.getDeadline();
  return deadline ? deadline.toDate().getTime() - Date.now() : LONGEST_TIMER_MS;
}
