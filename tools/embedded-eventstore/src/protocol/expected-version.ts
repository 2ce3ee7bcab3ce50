import type { ExpectedVersion } from '../streams/append-request';
import { streams } from './messages';

type Options = streams.AppendReq.Options | streams.DeleteReq.Options | streams.TombstoneReq.Options;
type BatchOptions = streams.BatchAppendReq.Options;

/** Expectation of the calls that share one numbering of its cases. */
export function expectedVersionOf(options: Options | undefined): ExpectedVersion {
  const Case = streams.AppendReq.Options.ExpectedStreamRevisionCase;
  switch (Number(options?.getExpectedStreamRevisionCase())) {
    case Number(Case.REVISION):
      return Number(options?.getRevision());
    case Number(Case.NO_STREAM):
      return 'no-stream';
    case Number(Case.STREAM_EXISTS):
      return 'stream-exists';
    default:
      return 'any';
  }
}

export function batchExpectedVersionOf(options: BatchOptions | undefined): ExpectedVersion {
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
