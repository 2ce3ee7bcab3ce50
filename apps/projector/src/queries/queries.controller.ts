import { Controller, UseFilters } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import type { BusConnection, BusRequest } from '@uplift/bus';
import { BusExceptionFilter, ServicesStrategy } from '@uplift/bus';
import type { QueryName } from '@uplift/contracts';
import { QUERY_SCOPES, QUERY_SUBJECTS } from '@uplift/contracts';
import { NO_TRACING, type Tracing } from '@uplift/runtime';
import { queryOf } from './query-access';
import {
  findingPage,
  instanceById,
  instancePage,
  stats,
  timelinePage,
  upgradeById,
  upgradePage,
} from './read-model-queries';
import { SnapshotReader } from './snapshot-reader';

/** The queries as one service that anybody on the bus can discover and measure. */
export function queryService(
  connection: BusConnection,
  name: string,
  tracing: Tracing = NO_TRACING,
): ServicesStrategy {
  const endpoints = Object.entries(QUERY_SUBJECTS).map(([query, subject]) => {
    const schema = `urn:uplift:schema:query.${query}.v1`;
    const scope = QUERY_SCOPES[query as QueryName];
    return [subject, { schema, scope, idempotent: true }] as const;
  });
  return new ServicesStrategy({
    connection,
    name,
    tracing,
    // Of the queries, not of the build.
    version: '1.0.0',
    description: 'Read models of instances and upgrades',
    endpoints: Object.fromEntries(endpoints),
  });
}

/** The queries on the bus. */
@Controller()
@UseFilters(BusExceptionFilter)
export class QueriesController {
  constructor(private readonly reader: SnapshotReader) {}

  @MessagePattern(QUERY_SUBJECTS.instanceGet)
  instanceGet(request: BusRequest) {
    const query = queryOf('instanceGet', request);
    return this.reader.read(query, async (snapshot) => ({
      instance: await instanceById(snapshot, query.instanceId),
    }));
  }

  @MessagePattern(QUERY_SUBJECTS.instanceList)
  instanceList(request: BusRequest) {
    const query = queryOf('instanceList', request);
    return this.reader.read(query, (snapshot, maxBytes) => instancePage(snapshot, query, maxBytes));
  }

  @MessagePattern(QUERY_SUBJECTS.instanceStats)
  instanceStats(request: BusRequest) {
    const query = queryOf('instanceStats', request);
    return this.reader.read(query, (snapshot) => stats(snapshot, query));
  }

  @MessagePattern(QUERY_SUBJECTS.instanceTimeline)
  instanceTimeline(request: BusRequest) {
    const query = queryOf('instanceTimeline', request);
    return this.reader.read(query, (snapshot, maxBytes) => timelinePage(snapshot, query, maxBytes));
  }

  /** What every answer ends with, alone. */
  @MessagePattern(QUERY_SUBJECTS.systemStatus)
  systemStatus(request: BusRequest) {
    return this.reader.read(queryOf('systemStatus', request), () => Promise.resolve({}));
  }

  @MessagePattern(QUERY_SUBJECTS.systemFindings)
  systemFindings(request: BusRequest) {
    const query = queryOf('systemFindings', request);
    return this.reader.read(query, (snapshot, maxBytes) => findingPage(snapshot, query, maxBytes));
  }

  @MessagePattern(QUERY_SUBJECTS.upgradeGet)
  upgradeGet(request: BusRequest) {
    const query = queryOf('upgradeGet', request);
    return this.reader.read(query, async (snapshot) => ({
      upgrade: await upgradeById(snapshot, query.upgradeId),
    }));
  }

  @MessagePattern(QUERY_SUBJECTS.upgradeList)
  upgradeList(request: BusRequest) {
    const query = queryOf('upgradeList', request);
    return this.reader.read(query, (snapshot, maxBytes) => upgradePage(snapshot, query, maxBytes));
  }
}
