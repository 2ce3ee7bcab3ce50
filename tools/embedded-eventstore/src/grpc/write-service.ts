import { AppendBuffer } from '../wire/append-buffer';
import type { AppendOutcome, AppendRequest, ExpectedVersion } from '../writing/append-request';
import type { DeleteKind } from '../writing/delete-check';
import { isSoftDeletion } from '../writing/soft-delete';
import type { StreamWriter } from '../writing/stream-writer';

export interface WriteLimits {
  /** Largest sum of event bodies in one append. */
  readonly maxAppendBytes: number;
  readonly allowDeletes: boolean;
}

const ACCESS_DENIED: AppendOutcome = { kind: 'access-denied' };

/** What every writing method shares: the limits and the writer. */
export class WriteService {
  constructor(
    private readonly writer: StreamWriter,
    private readonly limits: WriteLimits,
  ) {}

  buffer(stream: string, expected: ExpectedVersion): AppendBuffer {
    return new AppendBuffer(stream, expected, this.limits.maxAppendBytes);
  }

  async append(request: AppendRequest): Promise<AppendOutcome> {
    if (!this.limits.allowDeletes && isSoftDeletion(request)) return ACCESS_DENIED;
    return this.writer.append(request);
  }

  async delete(
    kind: DeleteKind,
    stream: string,
    expected: ExpectedVersion,
  ): Promise<AppendOutcome> {
    if (!this.limits.allowDeletes) return ACCESS_DENIED;
    return this.writer.delete(kind, stream, expected);
  }
}
