import { outboundTarget, whyRefused } from '@uplift/outbound';
import type { ProbeOptions, ProbeOutcome, ProbeResult } from '../health/health-probe.port';
import { HealthProbe } from '../health/health-probe.port';

const RULES = { allowLoopback: true };

/** Health pages in memory: healthy unless a spec says otherwise. */
export class InMemoryHealthProbe extends HealthProbe {
  /** Every address that was asked, oldest first. */
  readonly probed: string[] = [];
  /** Called before each answer. */
  onProbe: () => void = () => undefined;
  private readonly scripts = new Map<string, ProbeOutcome[]>();

  /** The next answers of one address, one by one; the last one stays. */
  answer(url: string, ...outcomes: ProbeOutcome[]): void {
    this.scripts.set(url, outcomes);
  }

  async probe(url: string, options: ProbeOptions): Promise<ProbeResult> {
    await Promise.resolve();
    options.signal?.throwIfAborted();
    outboundTarget(url, RULES, options.allowedHosts);
    this.probed.push(url);
    this.onProbe();
    const scripted = this.next(url);
    if (scripted === 'unresponsive') {
      return { outcome: scripted, durationMs: 0, detail: 'no answer' };
    }
    const status = scripted === 'healthy' ? 200 : 503;
    const outcome = options.acceptStatuses?.includes(status) === true ? 'healthy' : scripted;
    return { outcome, status, durationMs: 0, detail: `answered ${status}` };
  }

  whyNot(url: string): string | null {
    return whyRefused(url, RULES);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private next(url: string): ProbeOutcome {
    const script = this.scripts.get(url) ?? [];
    const outcome = script.length > 1 ? script.shift() : script[0];
    return outcome ?? 'healthy';
  }
}
