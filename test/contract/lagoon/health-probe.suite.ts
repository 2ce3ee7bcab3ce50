import type { HealthProbe, ProbeOutcome } from '@uplift/lagoon';
import { TargetRefusedError } from '@uplift/outbound';

export interface ProbeFixture {
  readonly probe: HealthProbe;
  /** An address on this machine that may be asked. */
  readonly url: string;
  /** How the app answers from here on: 200, 503, or not at all. */
  answer(outcome: ProbeOutcome): void;
  close(): Promise<void>;
}

/** The rules of the port: whatever implements it passes all of them. */
export function healthProbeSuite(name: string, open: () => Promise<ProbeFixture>): void {
  describe(`${name} keeps the rules of the health probe port`, () => {
    let fixture: ProbeFixture;
    beforeEach(async () => {
      fixture = await open();
    });
    afterEach(() => fixture.close());

    it.each([
      ['healthy', 200],
      ['unhealthy', 503],
    ] as const)('calls an app %s that answers %d', async (outcome, status) => {
      fixture.answer(outcome);
      const result = await fixture.probe.probe(fixture.url, { timeoutMs: 5000 });
      expect(result).toMatchObject({ outcome, status, detail: `answered ${status}` });
    });

    it('calls an app unresponsive that does not answer', async () => {
      fixture.answer('unresponsive');
      const result = await fixture.probe.probe(fixture.url, { timeoutMs: 100 });
      expect(result.outcome).toBe('unresponsive');
      expect(result).not.toHaveProperty('status');
    });

    it('calls an app healthy whose answer was configured as good', async () => {
      fixture.answer('unhealthy');
      const options = { timeoutMs: 5000, acceptStatuses: [302, 503] };
      const result = await fixture.probe.probe(fixture.url, options);
      expect(result).toMatchObject({ outcome: 'healthy', status: 503 });
    });

    it('asks only the hosts it was given', async () => {
      const hosts = (allowedHosts: string[]) => ({ timeoutMs: 5000, allowedHosts });
      const elsewhere = fixture.probe.probe(fixture.url, hosts(['app.example.com']));
      await expect(elsewhere).rejects.toThrow(TargetRefusedError);
      const { hostname } = new URL(fixture.url);
      expect((await fixture.probe.probe(fixture.url, hosts([hostname]))).outcome).toBe('healthy');
    });

    it.each(['https://127.0.0.1/', 'https://[::1]/', 'https://u@app.example.com/', 'ftp://x.com/'])(
      'refuses %s',
      async (url) => {
        const probing = fixture.probe.probe(url, { timeoutMs: 5000 });
        await expect(probing).rejects.toThrow(TargetRefusedError);
      },
    );

    it('ends with the reason when the caller has aborted', async () => {
      const signal = AbortSignal.abort(new Error('stopping'));
      const probing = fixture.probe.probe(fixture.url, { timeoutMs: 5000, signal });
      await expect(probing).rejects.toThrow('stopping');
    });
  });
}
