import { Injectable } from '@nestjs/common';
import type { Principal } from '@uplift/access';
import { BusClient } from '@uplift/bus';
import type { Query, QueryAnswer, QueryName } from '@uplift/contracts';
import {
  isProblemCode,
  problem,
  ProblemError,
  QUERY_SUBJECTS,
  refusal,
  takesLabels,
} from '@uplift/contracts';
import { isLimit } from '@uplift/domain';
import { holderOf, SharedPlaces } from '../access/shared-places';

/** Longer than the read model itself waits for a position. */
const TIMEOUT_MS = 8_000;
/** Queries of one process that wait for a position, for seconds: bounded apart from those that are answered at once. */
const MOST_WAITS = 100;
/** Of the holder of one token. */
const MOST_OF_ONE = 20;
const STILL_POSSIBLE = 'Commands still work, and raw events can be read: ask again later';
/** What the bus says when the read model as a whole is away. */
const AWAY = ['no-responder', 'request-timeout', 'unreadable-reply'];

/** Queries, forwarded to the service that keeps the read model. */
@Injectable()
export class ReadModel {
  private readonly waits = new SharedPlaces(MOST_WAITS, (most, ofWhom) => {
    const whose = ofWhom === 'one' ? ' of this caller' : '';
    const detail = `${most} queries${whose} wait for the read model already: ask without a position, or later`;
    return refusal('too-many-waits', detail);
  });

  constructor(private readonly bus: BusClient) {}

  /**
   * What of it a caller may see: all, or its instances. Throws the read model's own problem, `queries-unavailable`, or
   * `too-many-waits`.
   */
  async ask<Name extends QueryName>(
    name: Name,
    query: Query<Name>,
    caller: Principal,
  ): Promise<QueryAnswer<Name>> {
    const { labels } = caller;
    const held = isLimit(labels) && takesLabels(name) ? { ...query, labels } : query;
    if (query.minPosition === undefined) return this.request(name, held);
    const giveBack = this.waits.take(holderOf(caller, MOST_OF_ONE));
    return this.request(name, held).finally(giveBack);
  }

  private async request<Name extends QueryName>(
    name: Name,
    query: Query<Name>,
  ): Promise<QueryAnswer<Name>> {
    try {
      const answer = await this.bus.request(QUERY_SUBJECTS[name], query, { timeoutMs: TIMEOUT_MS });
      return answer as QueryAnswer<Name>;
    } catch (error) {
      throw error instanceof ProblemError ? inOwnWords(error) : error;
    }
  }
}

/** The same document that this service would write: references that resolve here. */
function inOwnWords(error: ProblemError): ProblemError {
  const { type: _type, title: _title, status: _status, code, detail, ...fields } = error.problem;
  if (AWAY.includes(code)) return refusal('queries-unavailable', STILL_POSSIBLE);
  return isProblemCode(code) ? new ProblemError(problem(code, detail, fields)) : error;
}
