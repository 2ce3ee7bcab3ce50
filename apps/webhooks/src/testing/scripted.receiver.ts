import type { ReceiverAnswer, ReceiverCall } from '../deliver/receiver.port';
import { NoReceiverError, Receiver } from '../deliver/receiver.port';

type Script = (call: ReceiverCall) => ReceiverAnswer | 'no answer' | Promise<ReceiverAnswer>;

/** Receivers that answer as a spec says. */
export class ScriptedReceiver extends Receiver {
  /** Address and id of each call, the first one first. */
  readonly calls: string[] = [];
  private readonly scripts = new Map<string, Script>();

  /** What is answered at one address from now on; 204 where nothing is said. */
  answer(url: string, script: Script): void {
    this.scripts.set(url, script);
  }

  /** The ids that one address was told. */
  told(url: string): readonly string[] {
    return this.calls.flatMap((call) =>
      call.startsWith(`${url} `) ? [call.slice(url.length + 1)] : [],
    );
  }

  override async call(call: ReceiverCall): Promise<ReceiverAnswer> {
    this.calls.push(`${call.url} ${call.headers['webhook-id'] ?? ''}`);
    const answer = await this.scripts.get(call.url)?.(call);
    if (answer === 'no answer') throw new NoReceiverError('no answer in 10000 ms');
    return answer ?? { status: 204 };
  }

  override whyNot(): null {
    return null;
  }
}
