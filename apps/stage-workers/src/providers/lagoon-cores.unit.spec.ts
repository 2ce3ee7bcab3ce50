import { Metrics } from '@uplift/runtime';
import { collectTraces } from '@uplift/runtime/testing';
import { lagoonMetrics, lagoonTraces } from './lagoon-cores';

describe('what is measured of a core', () => {
  it('is every request by how it ended, and whether the core is away', async () => {
    const metrics = new Metrics('stage-workers');
    const observer = lagoonMetrics(metrics)('eu');
    observer.onRequest({ operation: 'ping', class: 'answered', durationMs: 20 });
    observer.onRequest({ operation: 'ping', class: 'unavailable', durationMs: 20_000 });
    const before = (await metrics.render()).body;
    expect(before).toContain('uplift_lagoon_breaker_open{core="eu"} 0');
    expect(before).toContain(
      'uplift_lagoon_requests_total{core="eu",operation="ping",class="unavailable"} 1',
    );
    expect(before).toContain(
      'uplift_lagoon_request_duration_seconds_sum{core="eu",operation="ping"} 20.02',
    );
    const outage = { cause: 'unreachable', since: 5, noticedAt: 5 } as const;
    observer.onBreaker('open', outage);
    observer.onBreaker('half-open', outage);
    const open = (await metrics.render()).body;
    expect(open).toContain('uplift_lagoon_breaker_open{core="eu"} 1');
    expect(open).toContain('uplift_lagoon_credentials_refused{core="eu"} 0');
    observer.onBreaker('open', { ...outage, cause: 'credentials' });
    const refused = (await metrics.render()).body;
    expect(refused).toContain('uplift_lagoon_credentials_refused{core="eu"} 1');
    observer.onBreaker('closed', null);
    const closed = (await metrics.render()).body;
    expect(closed).toContain('uplift_lagoon_breaker_open{core="eu"} 0');
    expect(closed).toContain('uplift_lagoon_credentials_refused{core="eu"} 0');
  });
});

describe('what is traced of a core', () => {
  it('is every request, in the span that waited for it', async () => {
    const tracing = collectTraces();
    const trace = lagoonTraces(tracing)('eu');
    await tracing.trace({ name: 'stage', kind: 'consumer' }, () => {
      trace({ operation: 'deployLatest', class: 'accepted', durationMs: 20 });
      trace({ operation: 'ping', class: 'unavailable', durationMs: 20_000 });
      return Promise.resolve();
    });
    const [deploy, ping, stage] = await tracing.spans();
    expect(deploy).toMatchObject({
      name: 'lagoon deployLatest',
      parent: stage?.spanId,
      hasFailed: false,
      attributes: {
        'graphql.operation.name': 'deployLatest',
        'uplift.core': 'eu',
        'uplift.outcome': 'accepted',
      },
    });
    expect(ping).toMatchObject({
      parent: stage?.spanId,
      hasFailed: true,
      attributes: { 'error.type': 'unavailable' },
    });
  });
});
