import type { Actor } from '@uplift/contracts';
import { invalidInput, refusal } from '@uplift/contracts';
import type { InstanceCommandOf, Labels, OperatorCommandType } from '@uplift/domain';
import { isLimit } from '@uplift/domain';
import type { LoadedInstance } from '@uplift/event-store';
import { canonicalJson, deterministicEventId } from '@uplift/event-store';
import { parseTraceparent } from '@uplift/runtime';

/** Commands of people and services; a worker's report does not come through this service. */
export type EdgeCommand = InstanceCommandOf<OperatorCommandType | 'RegisterInstance'>;

type Transport = 'http' | 'nats';

/** Who asks, over which transport, under which key. */
export interface Caller {
  readonly transport: Transport;
  readonly actor: Actor;
  /** He reaches instances with all of these alone; none: every instance. */
  readonly labels: Labels;
  readonly idempotencyKey: string;
  /** The key was made here: the caller sent none and cannot repeat the command. */
  readonly isKeyless?: true;
  /** Waits for its turn instead of being refused under load: a switch of an operator, a line of an import. */
  readonly isPatient?: true;
  readonly traceparent?: string;
  /** Refuse the command if what it is about is at another revision. */
  readonly ifRevision?: number;
}

/** Who asks where a command may come without a key. */
export type OptionallyKeyedCaller = Omit<Caller, 'idempotencyKey'> &
  Partial<Pick<Caller, 'idempotencyKey'>>;

/** A command and who asks for it. */
export interface Asked<Command extends { readonly type: string } = { readonly type: string }> {
  readonly command: Command;
  /** What the caller said, without anything this service adds: the key stands for exactly this. */
  readonly content: object;
  readonly caller: Caller;
}

export interface CommandRequest extends Asked<EdgeCommand> {
  readonly instanceId: string;
  /** What is decided in place of the command, which depends on more than the state. */
  readonly fit?: (loaded: LoadedInstance) => Promise<EdgeCommand>;
}

export const USABLE_KEY = /^[\x21-\x7e]{1,255}$/;

/** The key of a command. Throws if it is missing or cannot be one. */
export function requireKey(key: string | undefined): string {
  if (key === undefined || key === '') {
    throw refusal(
      'idempotency-key-missing',
      'Send a header Idempotency-Key: repeating a command with the same key is safe',
    );
  }
  if (USABLE_KEY.test(key)) return key;
  throw refusal(
    'idempotency-key-invalid',
    'An Idempotency-Key has 1 to 255 printable ASCII characters without spaces',
  );
}

const ETAG = /^"(\d{1,15})"$/;
/** What `If-Match` takes. */
export const IF_MATCH = { type: 'string', pattern: `^\\*$|${ETAG.source}` } as const;

/** What a header If-Match asks for. Throws if it is no revision. */
export function expectedRevision(ifMatch: string | undefined): { readonly ifRevision?: number } {
  if (ifMatch === undefined || ifMatch === '*') return {};
  const [, digits] = ETAG.exec(ifMatch) ?? [];
  if (digits !== undefined) return { ifRevision: Number(digits) };
  const detail = 'must be a revision in double quotes, for example "4"';
  throw invalidInput([{ pointer: '/headers/If-Match', detail }]);
}

/** W3C trace context to pass on; a malformed one is ignored, as the standard asks. */
export function tracing(header: string | undefined): { readonly traceparent?: string } {
  return header !== undefined && parseTraceparent(header) ? { traceparent: header } : {};
}

/** A key is scoped to one instance: the same key on another instance is another command. */
export function commandIdOf(instanceId: string, idempotencyKey: string): string {
  return deterministicEventId(`command/instance/${instanceId}`, idempotencyKey, 0);
}

/** Whose key it is: that of all callers with the same limit, and of nobody else. */
type KeyHolder = Pick<Caller, 'idempotencyKey' | 'labels'>;

export function systemCommandIdOf(holder: KeyHolder): string {
  return idUnderKey('command/system', holder);
}

/** Follows from key and instance, so that repeats of a command agree on it. */
export function upgradeIdFor(instanceId: string, idempotencyKey: string): string {
  return deterministicEventId(commandIdOf(instanceId, idempotencyKey), 'upgrade', 0);
}

/** The upgrade that a command speaks of; null for other commands. */
export function upgradeOf({ data }: EdgeCommand): string | null {
  return 'upgradeId' in data ? data.upgradeId : null;
}

/** Id of an instance whose caller gave none. */
export function instanceIdFor(holder: KeyHolder): string {
  return idUnderKey('command/register-instance', holder);
}

function idUnderKey(scope: string, { idempotencyKey, labels }: KeyHolder): string {
  const whose = isLimit(labels) ? `${scope}/${canonicalJson(labels)}` : scope;
  return deterministicEventId(whose, idempotencyKey, 0);
}
