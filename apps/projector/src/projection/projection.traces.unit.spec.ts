import type { StoredEvent } from '@uplift/contracts';
import { SAMPLE_METADATA, sampleEvent } from '@uplift/event-store/testing';
import { NO_TRACING, systemClock } from '@uplift/runtime';
import { collectTraces } from '@uplift/runtime/testing';
import { traceBatches } from './projection.traces';

const WRITER = 'b7ad6b7169203331';

const event = (type: string, traceparent?: string): StoredEvent => ({
  ...sampleEvent(1, { type }),
  ...{ stream: 'instance-0b1c6c0e-0000-4000-8000-000000000002', revision: 0, position: 1n },
  recordedAt: new Date().toISOString(),
  metadata: {
    ...SAMPLE_METADATA,
    ...(traceparent === undefined ? {} : { traceparent }),
    hash: '0'.repeat(64),
  },
});

const batch = {
  events: [
    event('UpgradeRequested', `00-0af7651916cd43dd8448eb211c80319c-${WRITER}-01`),
    event('PreUpgradeStarted'),
  ],
  ...{ foreign: 0, setAside: [], seconds: 0.25 },
};

it('an event shows in the trace of its writer when its row is written', async () => {
  const tracing = collectTraces();
  traceBatches(tracing, systemClock)(batch);
  const [span, ...others] = await tracing.spans();
  expect(others).toEqual([]);
  expect(span).toMatchObject({ name: 'project UpgradeRequested', parent: WRITER });
  expect(span?.tookMs).toBeGreaterThanOrEqual(249);
});

it('nothing is noted without tracing', () => {
  const note = jest.spyOn(NO_TRACING, 'note');
  traceBatches(NO_TRACING, systemClock)(batch);
  expect(note).not.toHaveBeenCalled();
});
