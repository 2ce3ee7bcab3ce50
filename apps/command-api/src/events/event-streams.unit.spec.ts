import { Metrics } from '@uplift/runtime';
import { accessOn } from '@uplift/access/testing';
import { refusedWith } from '../testing/command-requests';
import { EventStreams, StreamLimit } from './event-streams';

function streams(perClient: number) {
  const metrics = new Metrics('command-api');
  return {
    streams: new EventStreams(new StreamLimit(perClient), accessOn().authenticator, metrics),
    metrics,
  };
}

const tooMany = expect.objectContaining(refusedWith('too-many-streams')) as Error;

describe('EventStreams', () => {
  it('bounds the streams of one client, not those of others', () => {
    const { streams: open } = streams(2);
    const first = open.open('10.0.0.1');
    open.open('10.0.0.1');

    expect(() => open.open('10.0.0.1')).toThrow(tooMany);
    expect(() => open.open('10.0.0.2')).not.toThrow();

    first.close('client-gone');
    first.close('client-gone');
    expect(() => open.open('10.0.0.1')).not.toThrow();
    expect(() => open.open('10.0.0.1')).toThrow(tooMany);
  });

  it('bounds all of them', () => {
    const { streams: open } = streams(0);
    for (let n = 0; n < 200; n += 1) open.open('10.0.0.1');

    expect(() => open.open('10.0.0.2')).toThrow(tooMany);
  });

  it('counts how they end', async () => {
    const { streams: open, metrics } = streams(5);
    open.open('10.0.0.1').close('slow-reader');
    open.open('10.0.0.1');

    const page = await metrics.registry.metrics();
    expect(page).toContain('uplift_event_streams_ended_total{reason="slow-reader"} 1');
    expect(page).toContain('uplift_event_streams 1');
  });
});
