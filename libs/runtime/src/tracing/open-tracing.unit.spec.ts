import { readConfiguration } from '../config/configuration';
import { systemClock } from '../time/clock';
import { openTracing, TRACING_SETTINGS } from './open-tracing';
import { NO_TRACING } from './tracing';

let mockLoads = 0;
jest.mock('./otel.tracing', () => {
  mockLoads += 1;
  class OtelTracing {
    constructor(readonly options: object) {}
  }
  return { OtelTracing };
});

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

function open(environment: Readonly<Record<string, string>>) {
  const settings = readConfiguration(TRACING_SETTINGS, environment);
  const logger = { info: () => undefined, warn: () => undefined };
  return openTracing('relay', settings, { clock: systemClock, logger });
}

const opened = (environment: Readonly<Record<string, string>>) =>
  (open(environment) as unknown as { options: object }).options;

describe('tracing', () => {
  it.each([
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
    { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' },
    { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' },
    { OTEL_TRACES_SAMPLER: 'always_on', OTEL_SERVICE_NAME: 'x' },
  ])('is off with %j, and nothing of it is loaded', (environment) => {
    expect(open(environment)).toBe(NO_TRACING);
    expect(mockLoads).toBe(0);
  });

  it.each([
    [ENDPOINT, 'http://collector:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c/otlp/' }, 'https://c/otlp/v1/traces'],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://other/t' }, 'http://other/t'],
  ])('with %j goes to %s', (environment, url) => {
    expect(opened(environment)).toMatchObject({ url, service: 'relay', headers: {} });
    expect(mockLoads).toBe(1);
  });

  it('has the sampler and the headers that are set', () => {
    const environment = {
      ...ENDPOINT,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20a%3D%3D, x-scope = 7 ,',
    };
    expect(opened(environment)).toMatchObject({
      sampler: 'parentbased_traceidratio',
      ratio: 0.25,
      headers: { authorization: 'Basic a==', 'x-scope': '7' },
    });
  });

  it.each(['hunter2', '=hunter2', 'a=%hunter2', 'a b=hunter2', 'ok=1,hunter2'])(
    'is not begun with headers that are none, %j, which are not told',
    (headers) => {
      const opening = () => open({ ...ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: headers });
      expect(opening).toThrow(/OTEL_EXPORTER_OTLP_HEADERS must be pairs/);
      expect(opening).not.toThrow(/hunter2/);
    },
  );

  it.each([
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://collector:4317' },
    { OTEL_TRACES_EXPORTER: 'zipkin' },
    { OTEL_TRACES_SAMPLER: 'sometimes' },
    { OTEL_TRACES_SAMPLER_ARG: '-1' },
    { OTEL_SDK_DISABLED: 'maybe' },
  ])('is not begun with %j', (environment) => {
    const [name = ''] = Object.keys(environment);
    expect(() => readConfiguration(TRACING_SETTINGS, environment)).toThrow(`${name} must be`);
  });
});
