import type { Configuration } from '../config/configuration';
import { ConfigurationError } from '../config/configuration';
import type { SettingName } from '../config/settings';
import type * as Otel from './otel.tracing';
import { NO_TRACING, type Tracing, type TracingPorts } from './tracing';

/** The settings by which every service knows where its traces go. */
export const TRACING_SETTINGS = [
  'tracingDisabled',
  'tracesExporter',
  'otlpEndpoint',
  'otlpTracesEndpoint',
  'otlpHeaders',
  'tracesSampler',
  'tracesSamplerArg',
  'buildCommit',
] as const satisfies readonly SettingName[];

export type TracingSettings = Configuration<(typeof TRACING_SETTINGS)[number]>;

/** What sends traces is loaded here, and only where they have a place to go. Throws ConfigurationError. */
export function openTracing(
  service: string,
  settings: TracingSettings,
  ports: TracingPorts,
): Tracing {
  const url = addressOf(settings);
  if (url === undefined) return NO_TRACING;
  const headers = headersIn(settings.otlpHeaders ?? '');
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { OtelTracing } = require('./otel.tracing') as typeof Otel;
  const { tracesSampler: sampler, tracesSamplerArg: ratio, buildCommit: version } = settings;
  ports.logger.info({ url, sampler }, 'traces are sent');
  return new OtelTracing({ service, version, url, headers, sampler, ratio }, ports);
}

function addressOf(settings: TracingSettings): string | undefined {
  const { tracingDisabled, tracesExporter, otlpEndpoint, otlpTracesEndpoint } = settings;
  if (tracingDisabled || tracesExporter === 'none') return undefined;
  if (otlpTracesEndpoint !== undefined) return otlpTracesEndpoint;
  return otlpEndpoint === undefined ? undefined : `${otlpEndpoint.replace(/\/$/, '')}/v1/traces`;
}

const HEADER = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(.*?)\s*$/;

/** `name=value,name=value`, values percent-encoded where they have to be. */
function headersIn(text: string): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(pairs.map((pair) => headerIn(pair)));
}

function headerIn(pair: string): readonly [string, string] {
  const [, name, value = ''] = HEADER.exec(pair) ?? [];
  try {
    if (name !== undefined) return [name, decodeURIComponent(value)];
  } catch {
    // Told below, like any other.
  }
  throw new ConfigurationError([
    'OTEL_EXPORTER_OTLP_HEADERS must be pairs name=value, separated by commas, with values percent-encoded',
  ]);
}
