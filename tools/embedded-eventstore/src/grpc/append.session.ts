import type { sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';
import type { AppendBuffer } from '../wire/append-buffer';
import { appendResponse } from '../wire/append-response';
import { CallFailure, failureOf, invalidArgument } from '../wire/call-failure';
import { expectedVersionOf } from '../wire/expected-version';
import type { streams } from '../wire/generated';
import { streamNameOf } from '../wire/stream-identifier';
import type { WriteService } from './write-service';

/** One classic append: options first, then one message per event; replies once. */
export class AppendSession {
  private buffer: AppendBuffer | undefined;
  private isAnswered = false;

  constructor(
    call: ServerReadableStream<streams.AppendReq, streams.AppendResp>,
    private readonly reply: sendUnaryData<streams.AppendResp>,
    private readonly writes: WriteService,
  ) {
    call.on('data', (request: streams.AppendReq) => this.receive(request));
    call.on('end', () => void this.finish());
    for (const event of ['cancelled', 'error']) call.on(event, () => (this.isAnswered = true));
  }

  private receive(request: streams.AppendReq): void {
    if (this.isAnswered) return;
    const options = request.getOptions();
    if (options) {
      const stream = streamNameOf(options.getStreamIdentifier());
      if (stream === '') this.fail(invalidArgument('the append names no stream'));
      this.buffer = this.writes.buffer(stream, expectedVersionOf(options));
      return;
    }
    const proposed = request.getProposedMessage();
    if (!proposed || !this.buffer) {
      this.fail(invalidArgument('an append begins with its options'));
      return;
    }
    const refusal = this.buffer.add(proposed);
    if (refusal) this.fail(failureOf(this.buffer.stream, refusal));
  }

  private async finish(): Promise<void> {
    if (this.isAnswered) return;
    if (!this.buffer) {
      this.fail(invalidArgument('an append begins with its options'));
      return;
    }
    const outcome = await this.writes.append(this.buffer.finished());
    try {
      const response = appendResponse(this.buffer.stream, outcome);
      if (!this.isAnswered) this.reply(null, response);
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    if (!(error instanceof CallFailure)) throw error;
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.reply(error);
  }
}
