import { AppendBuffer } from '../wire/append-buffer';
import type { AppendOutcome, AppendRequest, ExpectedVersion } from '../writing/append-request';
import type { StreamWriter } from '../writing/stream-writer';

/** What both append methods share: the size limit and the writer. */
export class AppendService {
  constructor(
    private readonly writer: StreamWriter,
    private readonly maxBytes: number,
  ) {}

  buffer(stream: string, expected: ExpectedVersion): AppendBuffer {
    return new AppendBuffer(stream, expected, this.maxBytes);
  }

  append(request: AppendRequest): Promise<AppendOutcome> {
    return this.writer.append(request);
  }
}
