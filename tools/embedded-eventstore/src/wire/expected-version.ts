import type { ExpectedVersion } from '../writing/append-request';
import { streams } from './generated';

type Options = streams.AppendReq.Options | streams.DeleteReq.Options | streams.TombstoneReq.Options;

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
