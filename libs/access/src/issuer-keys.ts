import { refusal } from '@uplift/contracts';
import type { Clock } from '@uplift/runtime';
import { errorMessage } from '@uplift/runtime';
import type {
  createLocalJWKSet,
  FlattenedJWSInput,
  JSONWebKeySet,
  JWSHeaderParameters,
} from 'jose' with { 'resolution-mode': 'import' };

/** Reads the keys of an issuer, wherever they are. */
export type ReadKeys = () => Promise<JSONWebKeySet>;

/** After this time keys are read again before a token is held against them. */
const REFRESH_MS = 600_000;
/** For so long keys count while the issuer cannot be reached. */
const OLDEST_MS = 3_600_000;
/** However many tokens name keys that nobody knows, keys are read no oftener for them. */
const UNKNOWN_KEY_PAUSE_MS = 30_000;
/** Pause after a read that failed, where there are no keys to go by. */
const FAILED_PAUSE_MS = 5_000;

type KeySet = ReturnType<typeof createLocalJWKSet>;

interface Known {
  readonly find: KeySet;
  readonly at: number;
}

/** The public keys of the issuer: kept, so that it may be away for a while. */
export class IssuerKeys {
  private known: Known | null = null;
  private reading: Promise<void> | null = null;
  private triedAt = -Infinity;
  private failure: unknown = null;

  constructor(
    private readonly readKeys: ReadKeys,
    private readonly clock: Clock,
    private readonly makeSet: (keys: JSONWebKeySet) => KeySet,
  ) {}

  /** The key that a token names. Throws `access-unavailable`, and what `jose` throws where there is no such key. */
  async find(header: JWSHeaderParameters, token: FlattenedJWSInput) {
    const known = await this.present();
    try {
      return await known.find(header, token);
    } catch (error) {
      if (!isUnknownKey(error)) throw error;
      const newer = await this.newerThan(known);
      if (newer === null) throw error;
      return newer.find(header, token);
    }
  }

  /** Keys that may have been withdrawn count only where the issuer does not answer. */
  private async present(): Promise<Known> {
    if (this.age >= REFRESH_MS) {
      if (this.mayTryIn(FAILED_PAUSE_MS)) void this.read();
      await this.reading;
    }
    const { known } = this;
    if (known === null || this.age >= OLDEST_MS) throw this.unavailable();
    return known;
  }

  private get age(): number {
    return this.known === null ? Infinity : this.clock.monotonic() - this.known.at;
  }

  /** Null: there is nothing newer, and it is no time to ask again. Throws where the issuer was asked in vain. */
  private async newerThan(known: Known): Promise<Known | null> {
    if (this.reading === null && this.mayTryIn(UNKNOWN_KEY_PAUSE_MS)) void this.read();
    await this.reading;
    if (this.failure !== null) throw this.unavailable();
    return this.known === known ? null : this.known;
  }

  private mayTryIn(pauseMs: number): boolean {
    return this.clock.monotonic() - this.triedAt >= pauseMs;
  }

  private read(): Promise<void> {
    this.reading ??= this.readOnce().finally(() => (this.reading = null));
    return this.reading;
  }

  /** Never throws: whoever waits looks at what there is. */
  private async readOnce(): Promise<void> {
    this.triedAt = this.clock.monotonic();
    try {
      this.known = { find: this.makeSet(await this.readKeys()), at: this.triedAt };
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
  }

  private unavailable(): Error {
    const detail = `The keys of the identity provider cannot be read (${errorMessage(this.failure)}): repeat the request after a pause, or use an API token`;
    return refusal('access-unavailable', detail, { cause: this.failure });
  }
}

function isUnknownKey(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_JWKS_NO_MATCHING_KEY';
}

const TIMEOUT_MS = 2_000;
const MOST_BYTES = 256 * 1_024;

/** The keys at an address; what is no set of keys, too large, late or elsewhere is an error. */
export function keysAt(url: string, clock: Clock): ReadKeys {
  return async () => {
    const late = new AbortController();
    const cancelTimer = clock.after(TIMEOUT_MS, () => late.abort(new Error('no answer in time')));
    try {
      const response = await fetch(url, {
        headers: { accept: 'application/json' },
        redirect: 'error',
        signal: late.signal,
      });
      if (response.status !== 200) throw new Error(`it answered ${response.status}`);
      return JSON.parse(await boundedText(response)) as JSONWebKeySet;
    } finally {
      cancelTimer();
    }
  };
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    const part = chunk as Uint8Array;
    bytes += part.byteLength;
    if (bytes > MOST_BYTES) throw new Error(`it answered more than ${MOST_BYTES} bytes`);
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}
