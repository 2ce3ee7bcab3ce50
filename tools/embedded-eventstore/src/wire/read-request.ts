import { filterOn, type FilterExpression } from '../reading/record-filter';
import type { FilterPlan, ReadPlan, ReadStart, ReadTarget } from '../reading/read-plan';
import { invalidArgument } from './call-failure';
import { streams } from './generated';
import { streamNameOf } from './stream-identifier';

type Options = streams.ReadReq.Options;
type FilterOptions = streams.ReadReq.Options.FilterOptions;

const DEFAULT_WINDOW = 32;

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
  return {
    matches: compile(byStream ? 'stream' : 'type', {
      regex: expression.getRegex(),
      prefixes: expression.getPrefixList(),
    }),
    checkpointInterval: Math.max(1, options.getCheckpointintervalmultiplier() * window),
  };
}

function compile(field: 'stream' | 'type', expression: FilterExpression) {
  try {
    return filterOn(field, expression);
  } catch {
    throw invalidArgument(`'${expression.regex}' is not a regular expression`);
  }
}
