import { Metrics } from '@uplift/runtime';
import { lagoonMetrics } from './lagoon-cores';

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
    observer.onBreaker('open');
    observer.onBreaker('half-open');
    expect((await metrics.render()).body).toContain('uplift_lagoon_breaker_open{core="eu"} 1');
    observer.onBreaker('closed');
    expect((await metrics.render()).body).toContain('uplift_lagoon_breaker_open{core="eu"} 0');
  });
});
