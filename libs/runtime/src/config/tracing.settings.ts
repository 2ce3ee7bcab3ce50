import { optionalSecret, type Setting } from './setting';

/** Where traces go, by the names that every program with OpenTelemetry has. */
export const TRACE_SETTINGS = {
  otlpEndpoint: {
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    type: 'url',
    schemes: ['http', 'https'],
    optional: true,
    description:
      'Address of a collector that takes OTLP over HTTP, for example `http://collector:4318`; without one there are no traces',
  },
  otlpTracesEndpoint: {
    env: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    type: 'url',
    schemes: ['http', 'https'],
    optional: true,
    description: 'The same with its whole path, for traces alone',
  },
  otlpHeaders: optionalSecret(
    'OTEL_EXPORTER_OTLP_HEADERS',
    'Headers for the collector, as `name=value,name=value`; values are percent-encoded',
  ),
  tracesExporter: {
    env: 'OTEL_TRACES_EXPORTER',
    type: 'enum',
    values: ['otlp', 'none'],
    default: 'otlp',
    description: '`none`: no traces, whatever else is set',
  },
  tracingDisabled: {
    env: 'OTEL_SDK_DISABLED',
    type: 'boolean',
    default: false,
    description: 'The same',
  },
  tracesSampler: {
    env: 'OTEL_TRACES_SAMPLER',
    type: 'enum',
    values: [
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ],
    default: 'parentbased_always_on',
    description:
      'Which traces are kept; with `parentbased_traceidratio` all of an upgrade, or none',
  },
  tracesSamplerArg: {
    env: 'OTEL_TRACES_SAMPLER_ARG',
    type: 'number',
    default: 1,
    minimum: 0,
    description: 'Share of the traces that a sampler by ratio keeps, from 0 to 1',
  },
} as const satisfies Record<string, Setting>;
