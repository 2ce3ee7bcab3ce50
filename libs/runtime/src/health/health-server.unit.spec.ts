import { systemClock } from '../time/clock';
import { Health } from './health';
import { HealthServer } from './health-server';
import { Metrics } from './metrics';

describe('the health page', () => {
  const health = new Health(systemClock);
  const metrics = new Metrics('relay', 'abc123').measureProcess();
  const server = new HealthServer(health, metrics);
  let address: string;

  beforeAll(async () => {
    address = `http://127.0.0.1:${await server.listen({ host: '127.0.0.1', port: 0 })}`;
  });

  afterAll(() => server.close());

  const get = async (path: string, method = 'GET') => {
    const response = await fetch(address + path, { method });
    return { status: response.status, body: await response.text() };
  };

  it('answers 503 with reasons until the process is ready', async () => {
    expect((await get('/health/startup')).status).toBe(503);
    expect(await get('/health/ready')).toEqual({
      status: 503,
      body: '{"status":"failing","reasons":{"process":"starting"}}',
    });
    health.markStarted();
    expect((await get('/health/startup')).status).toBe(200);
    expect(await get('/health/ready?verbose')).toEqual({
      status: 200,
      body: '{"status":"ok","reasons":{}}',
    });
    expect((await get('/health/live')).status).toBe(200);
  });

  it('hides credentials in reasons', async () => {
    let fault: string | undefined = 'nats://me:hunter2@host is away';
    health.addReadiness('bus', () => fault);
    health.markStarted();
    const { body } = await get('/health/ready');
    expect(body).toContain('host is away');
    expect(body).not.toContain('hunter2');
    fault = undefined;
  });

  it('shows metrics with our prefix, the process metrics and the build', async () => {
    const published = metrics.counter({ name: 'published_total', help: 'Published' });
    const seconds = metrics.histogram({ name: 'stage_seconds', help: 'Time', labels: ['stage'] });
    metrics.gauge({ name: 'lag_events', help: 'Lag' }, () => 7);
    published.inc(3);
    seconds.observe({ stage: 'upgrade' }, 0.2);
    const { body } = await get('/metrics');
    expect(body).toContain('uplift_published_total 3');
    expect(body).toContain('uplift_lag_events 7');
    expect(body).toContain('uplift_stage_seconds_count{stage="upgrade"} 1');
    expect(body).toMatch(/uplift_build_info\{service="relay",version="\d.*",commit="abc123"\} 1/);
    expect(body).toContain('process_cpu_seconds_total');
  });

  it('refuses other paths and methods', async () => {
    expect((await get('/')).status).toBe(404);
    expect((await get('/constructor')).status).toBe(404);
    expect((await get('/metrics', 'POST')).status).toBe(405);
  });
});
