import type { HealthProbe, ProbeOutcome } from '@uplift/lagoon';
import { ProbeTargetRefusedError } from '@uplift/lagoon';

export interface ProbeScene {
  readonly probe: HealthProbe;
  /** An address on this machine that may be asked. */
  readonly url: string;
  /** How the app answers from here on: 200, 503, or not at all. */
  answer(outcome: ProbeOutcome): void;
  close(): Promise<void>;
}

/** The rules of the port: whatever implements it passes all of them. */
export function healthProbeSuite(name: string, open: () => Promise<ProbeScene>): void {
  describe(`${name} keeps the rules of the health probe port`, () => {
    let scene: ProbeScene;
    beforeEach(async () => {
      scene = await open();
    });
    afterEach(() => scene.close());

    it.each([
      ['healthy', 200],
      ['unhealthy', 503],
    ] as const)('calls an app %s that answers %d', async (outcome, status) => {
      scene.answer(outcome);
      const result = await scene.probe.probe(scene.url, { timeoutMs: 5000 });
      expect(result).toMatchObject({ outcome, status, detail: `answered ${status}` });
    });

    it('calls an app unresponsive that does not answer', async () => {
      scene.answer('unresponsive');
      const result = await scene.probe.probe(scene.url, { timeoutMs: 100 });
      expect(result.outcome).toBe('unresponsive');
      expect(result).not.toHaveProperty('status');
    });

    it('calls an app healthy whose answer was configured as good', async () => {
      scene.answer('unhealthy');
      const options = { timeoutMs: 5000, acceptStatuses: [302, 503] };
      const result = await scene.probe.probe(scene.url, options);
      expect(result).toMatchObject({ outcome: 'healthy', status: 503 });
    });

    it('asks only the hosts it was given', async () => {
      const hosts = (allowedHosts: string[]) => ({ timeoutMs: 5000, allowedHosts });
      const elsewhere = scene.probe.probe(scene.url, hosts(['app.example.com']));
      await expect(elsewhere).rejects.toThrow(ProbeTargetRefusedError);
      const { hostname } = new URL(scene.url);
      expect((await scene.probe.probe(scene.url, hosts([hostname]))).outcome).toBe('healthy');
    });

    it.each(['https://127.0.0.1/', 'https://[::1]/', 'https://u@app.example.com/', 'ftp://x.com/'])(
      'refuses %s',
      async (url) => {
        const probing = scene.probe.probe(url, { timeoutMs: 5000 });
        await expect(probing).rejects.toThrow(ProbeTargetRefusedError);
      },
    );

    it('ends with the reason when the caller has aborted', async () => {
      const signal = AbortSignal.abort(new Error('stopping'));
      const probing = scene.probe.probe(scene.url, { timeoutMs: 5000, signal });
      await expect(probing).rejects.toThrow('stopping');
    });
  });
}
