import type { LogRecord } from '../persistence/record-log.port';
import { invalidArgument } from '../protocol/call-failure';
import { streamNameOf, streams } from '../protocol/messages';

type Options = streams.ReadReq.Options;
type FilterOptions = streams.ReadReq.Options.FilterOptions;
type Expression = streams.ReadReq.Options.FilterOptions.Expression;

const DEFAULT_WINDOW = 32;

export type ReadStart = number | 'start' | 'end';

export type ReadTarget =
  | { readonly kind: 'all'; readonly start: ReadStart }
  | { readonly kind: 'stream'; readonly stream: string; readonly start: ReadStart };

export interface FilterPlan {
  readonly matches: (record: LogRecord) => boolean;
  /** Events looked at between two checkpoints. */
  readonly checkpointInterval: number;
}

/** What a client asked to read, checked. */
export interface ReadPlan {
  readonly target: ReadTarget;
  readonly isBackwards: boolean;
  /** Undefined for a subscription. */
  readonly count: number | undefined;
  readonly filter: FilterPlan | undefined;
  readonly resolveLinks: boolean;
  readonly structuredIds: boolean;
  readonly reportsStreamEnds: boolean;
}

/** Throws INVALID_ARGUMENT for what no server of this protocol supports. */
export function parseReadRequest(request: streams.ReadReq): ReadPlan {
  const options = request.getOptions();
  if (!options) throw invalidArgument('a read needs its options');
  const plan: ReadPlan = {
    target: targetOf(options),
    isBackwards: options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS,
    count: options.hasSubscription() ? undefined : Number(options.getCount()),
    filter: filterOf(options.getFilter()),
    resolveLinks: options.getResolveLinks(),
    structuredIds: options.getUuidOption()?.hasStructured() ?? false,
    reportsStreamEnds: (options.getControlOption()?.getCompatibility() ?? 0) >= 1,
  };
  rejectUnsupported(plan);
  return plan;
}

function rejectUnsupported(plan: ReadPlan): void {
  if (plan.count === undefined && plan.isBackwards) {
    throw invalidArgument('a subscription reads forwards');
  }
  if (plan.target.kind === 'stream' && plan.filter) {
    throw invalidArgument('only $all can be filtered');
  }
}

function targetOf(options: Options): ReadTarget {
  const all = options.getAll();
  if (all) {
    const position = Number(all.getPosition()?.getCommitPosition() ?? 0);
    return { kind: 'all', start: startOf(all, position) };
  }
  const stream = options.getStream();
  const name = streamNameOf(stream?.getStreamIdentifier());
  if (!stream || name === '') throw invalidArgument('a read names a stream or $all');
  return { kind: 'stream', stream: name, start: startOf(stream, Number(stream.getRevision())) };
}

function startOf(at: { hasStart(): boolean; hasEnd(): boolean }, explicit: number): ReadStart {
  if (at.hasStart()) return 'start';
  return at.hasEnd() ? 'end' : explicit;
}

function filterOf(options: FilterOptions | undefined): FilterPlan | undefined {
  if (!options) return undefined;
  const byStream = options.getStreamIdentifier();
  const expression = byStream ?? options.getEventType();
  if (!expression) throw invalidArgument('a filter names the stream or the event type');
  const window = options.hasMax() ? options.getMax() : DEFAULT_WINDOW;
  const isMatch = matcherOf(expression);
  return {
    matches: byStream ? ({ stream }) => isMatch(stream) : ({ type }) => isMatch(type),
    checkpointInterval: Math.max(1, options.getCheckpointintervalmultiplier() * window),
  };
}

/** Prefixes win over an empty regex. */
function matcherOf(expression: Expression): (text: string) => boolean {
  const prefixes = expression.getPrefixList();
  if (prefixes.length > 0) return (text) => prefixes.some((prefix) => text.startsWith(prefix));
  try {
    const regex = new RegExp(expression.getRegex());
    return (text) => regex.test(text);
  } catch {
    throw invalidArgument(`'${expression.getRegex()}' is not a regular expression`);
  }
}
