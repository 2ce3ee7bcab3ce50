import type { StoredEvent } from '@uplift/contracts';
import { SAMPLE_METADATA, sampleEvent } from '@uplift/event-store/testing';
import { NO_TRACING, systemClock } from '@uplift/runtime';
import { collectTraces } from '@uplift/runtime/testing';
import { PublishTraces } from './publish-traces';

const WRITER = 'b7ad6b7169203331';

function event(type: string): StoredEvent {
  const traceparent = `00-0af7651916cd43dd8448eb211c80319c-${WRITER}-01`;
  return {
    ...sampleEvent(1, { type }),
    ...{ stream: 'instance-0b1c6c0e-0000-4000-8000-000000000002', revision: 0, position: 1n },
    recordedAt: new Date().toISOString(),
    metadata: { ...SAMPLE_METADATA, traceparent, hash: '0'.repeat(64) },
  };
}

it('an event shows in the trace of its writer from its publish to its confirmation', async () => {
  const tracing = collectTraces();
  const traces = new PublishTraces(tracing, systemClock);
  traces.sent(1, event('UpgradeRequested'));
  traces.sent(2, event('PreUpgradeStarted'));
  traces.sent(3, event('UpgradePending'));
  traces.confirmed(2);
  traces.confirmed(1);
  traces.confirmed(7);
  traces.end();
  const spans = await tracing.spans();
  expect(spans.map(({ name, parent, hasFailed }) => [name, parent, hasFailed])).toEqual([
    ['publish PreUpgradeStarted', WRITER, false],
    ['publish UpgradeRequested', WRITER, false],
    ['publish UpgradePending', WRITER, true],
  ]);
});

it('nothing is kept without tracing', () => {
  const traces = new PublishTraces(NO_TRACING, systemClock);
  const start = jest.spyOn(NO_TRACING, 'start');
  traces.sent(1, event('UpgradeRequested'));
  traces.confirmed(1);
  traces.end();
  expect(start).not.toHaveBeenCalled();
});
