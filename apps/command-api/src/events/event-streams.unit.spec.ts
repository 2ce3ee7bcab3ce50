import { Metrics } from '@uplift/runtime';
import { ANYBODY, BUS_USER } from '@uplift/access';
import { accessOn } from '@uplift/access/testing';
import { refusedWith } from '../testing/command-requests';
import { EventStreams, StreamLimit } from './event-streams';

function streams(streamsPerClient: number, streamsPerToken = 0) {
  const metrics = new Metrics('command-api');
  const limit = new StreamLimit({ streamsPerClient, streamsPerToken });
  const opened = new EventStreams(limit, accessOn().authenticator, metrics);
  const open = (address: string) => opened.open(ANYBODY.http, address);
  return { streams: { open }, opened, metrics };
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

  it('bounds the streams of one token, from wherever they are opened', () => {
    const { opened } = streams(20, 5);
    const of = (id: string) =>
      ({ ...BUS_USER, issuer: 'urn:uplift:api-token', actor: { type: 'user', id } }) as const;
    const holder = of('t-1');
    for (let n = 0; n < 5; n += 1) opened.open(holder, `10.0.0.${n}`);

    expect(() => opened.open(holder, '10.0.0.9')).toThrow(tooMany);
    expect(() => opened.open(of('t-2'), '10.0.0.1')).not.toThrow();
    expect(() => opened.open(ANYBODY.http, '10.0.0.1')).not.toThrow();
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
