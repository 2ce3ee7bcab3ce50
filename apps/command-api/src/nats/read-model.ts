import { Injectable } from '@nestjs/common';
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
import type { Labels } from '@uplift/domain';
import { isLimit } from '@uplift/domain';

/** Longer than the read model itself waits for a position. */
const TIMEOUT_MS = 8_000;
/** Queries of one process that wait for a position. */
const MOST_WAITS = 100;
const STILL_POSSIBLE = 'Commands still work, and raw events can be read: ask again later';
/** What the bus says when the read model as a whole is away. */
const AWAY = ['no-responder', 'request-timeout', 'unreadable-reply'];

/** Queries, forwarded to the service that keeps the read model. */
@Injectable()
export class ReadModel {
  private waits = 0;

  constructor(private readonly bus: BusClient) {}

  /**
   * `limit`: what of it a caller may see; without labels all. Throws the read model's own problem,
   * `queries-unavailable`, or `too-many-waits`.
   */
  ask<Name extends QueryName>(
    name: Name,
    query: Query<Name>,
    limit: Labels,
  ): Promise<QueryAnswer<Name>> {
    const held = isLimit(limit) && takesLabels(name) ? { ...query, labels: limit } : query;
    return query.minPosition === undefined ? this.request(name, held) : this.await(name, held);
  }

  /** Whoever waits for a position may do so for seconds: bounded apart from the queries that are answered at once. */
  private async await<Name extends QueryName>(
    name: Name,
    query: Query<Name>,
  ): Promise<QueryAnswer<Name>> {
    if (this.waits >= MOST_WAITS) {
      const detail = `${MOST_WAITS} queries wait for the read model already: ask without a position, or later`;
      throw refusal('too-many-waits', detail);
    }
    this.waits += 1;
    try {
      return await this.request(name, query);
    } finally {
      this.waits -= 1;
    }
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
