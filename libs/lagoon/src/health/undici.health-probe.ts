import type { AddressResolver, OutboundTarget, TargetRules } from '@uplift/outbound';
import {
  checkedLookup,
  failureText,
  loopbackLookup,
  outboundTarget,
  quietConnector,
  systemResolver,
  TargetRefusedError,
  whyRefused,
  withDeadline,
} from '@uplift/outbound';
import type { Clock } from '@uplift/runtime';
import { Client } from 'undici';
import type { Dispatcher } from 'undici';
import type { ProbeOptions, ProbeResult } from './health-probe.port';
import { HealthProbe } from './health-probe.port';

const MAX_BODY_BYTES = 64 * 1024;
const HEADERS = { accept: '*/*', 'user-agent': 'uplift-health-probe' };

/** One GET on a connection of its own; no redirect is followed and no body is kept. */
export class UndiciHealthProbe extends HealthProbe {
  constructor(
    private readonly rules: TargetRules,
    private readonly clock: Clock,
    private readonly resolve: AddressResolver = systemResolver,
  ) {
    super();
  }

  async probe(url: string, options: ProbeOptions): Promise<ProbeResult> {
    const target = outboundTarget(url, this.rules, options.allowedHosts);
    const startedAt = this.clock.monotonic();
    const elapsed = () => Math.round(this.clock.monotonic() - startedAt);
    const { timeoutMs, signal } = options;
    const client = this.clientFor(target, timeoutMs);
    try {
      const status = await withDeadline({ clock: this.clock, timeoutMs }, signal, (deadline) =>
        deadline.guard(statusOf(client, target, deadline.signal)),
      );
      return { ...outcomeOf(status, options), durationMs: elapsed() };
    } catch (error) {
      if (error instanceof TargetRefusedError) throw error;
      signal?.throwIfAborted();
      return {
        outcome: 'unresponsive',
        detail: failureText(error, 'no answer'),
        durationMs: elapsed(),
      };
    } finally {
      await client.destroy();
    }
  }

  whyNot(url: string): string | null {
    return whyRefused(url, this.rules);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private clientFor(target: OutboundTarget, timeoutMs: number): Client {
    const lookup = target.loopback ? loopbackLookup : checkedLookup(this.resolve);
    return new Client(target.url.origin, {
      connect: quietConnector({ lookup, timeout: timeoutMs }),
      pipelining: 0,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  }
}

async function statusOf(
  client: Client,
  { url }: OutboundTarget,
  signal: AbortSignal,
): Promise<number> {
  const path = `${url.pathname}${url.search}`;
  const { statusCode, body } = await client.request({
    path,
    method: 'GET',
    headers: HEADERS,
    signal,
  });
  await readSome(body);
  return statusCode;
}

// An answer has to end, or to be long: a server that never finishes is not responsive.
async function readSome(body: Dispatcher.ResponseData['body']): Promise<void> {
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return;
  }
}

function outcomeOf(status: number, { acceptStatuses = [] }: ProbeOptions) {
  const good = (status >= 200 && status < 300) || acceptStatuses.includes(status);
  const detail = `answered ${status}`;
  return { outcome: good ? ('healthy' as const) : ('unhealthy' as const), status, detail };
}
