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
import type { ReceiverAnswer, ReceiverCall } from './receiver.port';
import { NoReceiverError, Receiver } from './receiver.port';

export interface ReceiverOptions {
  readonly rules: TargetRules;
  readonly clock: Clock;
  /** End of the whole call, from the look-up of the name to the head of the answer. */
  readonly timeoutMs: number;
  readonly resolve?: AddressResolver;
}

/** Each call on a connection of its own, to an address that is checked; no redirect is followed and no body is read. */
export class UndiciReceiver extends Receiver {
  constructor(private readonly options: ReceiverOptions) {
    super();
  }

  override async call(call: ReceiverCall, signal?: AbortSignal): Promise<ReceiverAnswer> {
    const { rules, clock, timeoutMs } = this.options;
    try {
      const target = outboundTarget(call.url, rules);
      const client = this.clientFor(target);
      try {
        return await withDeadline({ clock, timeoutMs }, signal, (deadline) =>
          deadline.guard(answerOf(client, target, { ...call, signal: deadline.signal })),
        );
      } finally {
        await client.destroy();
      }
    } catch (error) {
      const isRefused = error instanceof TargetRefusedError;
      throw new NoReceiverError(isRefused ? error.message : failureText(error, 'no answer'), {
        cause: error,
      });
    }
  }

  override whyNot(url: string): string | null {
    return whyRefused(url, this.options.rules);
  }

  private clientFor({ url, loopback }: OutboundTarget): Client {
    const { timeoutMs, resolve = systemResolver } = this.options;
    const lookup = loopback ? loopbackLookup : checkedLookup(resolve);
    return new Client(url.origin, {
      connect: quietConnector({ lookup, timeout: timeoutMs }),
      pipelining: 0,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  }
}

async function answerOf(
  client: Client,
  { url }: OutboundTarget,
  { headers, body, signal }: ReceiverCall & { readonly signal: AbortSignal },
): Promise<ReceiverAnswer> {
  const { pathname, search } = url;
  const answer = await client.request({
    ...{ path: `${pathname}${search}`, method: 'POST', headers, body, signal },
  });
  // Whatever follows is dropped with the connection.
  answer.body.on('error', () => undefined).destroy();
  const retryAfter = answer.headers['retry-after'];
  return {
    status: answer.statusCode,
    ...(typeof retryAfter === 'string' ? { retryAfter } : {}),
  };
}
