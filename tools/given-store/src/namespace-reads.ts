import * as streams from '@eventstore/db-client/generated/streams_pb';
import { StreamIdentifier } from '@eventstore/db-client/generated/shared_pb';
import type { StreamNames } from './stream-names';

type ReadOptions = streams.ReadReq.Options;

export interface Namespace {
  readonly names: StreamNames;
  /** Position of the event behind which the namespace begins. */
  readonly begin: bigint;
}

export function renamed(
  identifier: StreamIdentifier | undefined,
  rename: (name: string) => string,
): StreamIdentifier {
  const name = Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();
  return new StreamIdentifier().setStreamName(Buffer.from(rename(name)));
}

/** A read within a namespace as a read of the store that holds it, and what is to be left out of its answers. */
export class NamespaceRead {
  readonly request: streams.ReadReq;
  /** The event behind which the namespace begins is read too where a read takes its start along. */
  private readonly takesBegin: boolean;
  private readonly isOfAll: boolean;

  constructor(
    request: streams.ReadReq,
    private readonly namespace: Namespace,
  ) {
    const options = request.getOptions() ?? new streams.ReadReq.Options();
    const { names } = namespace;
    const stream = options.getStream();
    stream?.setStreamIdentifier(
      renamed(stream.getStreamIdentifier(), (name) => names.inStore(name)),
    );
    this.isOfAll = options.hasAll();
    const isFromBegin = this.moveStart(options);
    this.takesBegin = isFromBegin && options.hasCount();
    if (this.takesBegin) options.setCount(String(BigInt(options.getCount()) + 1n));
    this.request = request.setOptions(options);
  }

  /** Null: nothing that a reader of the namespace gets; `end`: all behind it lies before the namespace. */
  shown(answer: streams.ReadResp): streams.ReadResp | null | 'end' {
    const { names, begin } = this.namespace;
    const missing = answer.getStreamNotFound();
    missing?.setStreamIdentifier(
      renamed(missing.getStreamIdentifier(), (name) => names.inNamespace(name)),
    );
    const read = answer.getEvent();
    if (read === undefined) return answer;
    if (this.isOfAll && BigInt(read.getCommitPosition()) <= begin) {
      return this.takesBegin ? null : 'end';
    }
    for (const event of [read.getEvent(), read.getLink()]) {
      event?.setStreamIdentifier(
        renamed(event.getStreamIdentifier(), (name) => names.inNamespace(name)),
      );
    }
    return answer;
  }

  private moveStart(options: ReadOptions): boolean {
    const all = options.getAll();
    const isForwards =
      options.getReadDirection() === streams.ReadReq.Options.ReadDirection.FORWARDS;
    if (!all?.hasStart() || !isForwards) return false;
    const begin = String(this.namespace.begin);
    const place = new streams.ReadReq.Options.Position();
    all.setPosition(place.setCommitPosition(begin).setPreparePosition(begin));
    return true;
  }
}
