import { Controller, UseFilters } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import type { BusConnection, BusRequest } from '@uplift/bus';
import { BusExceptionFilter, ServicesStrategy } from '@uplift/bus';
import { QUERY_SUBJECTS, readQuery } from '@uplift/contracts';
import {
  findingPage,
  instanceById,
  instancePage,
  stats,
  timelinePage,
  upgradeById,
} from './read-model-queries';
import { SnapshotReader } from './snapshot-reader';

/** The queries as one service that anybody on the bus can discover and measure. */
export function queryService(connection: BusConnection, name: string): ServicesStrategy {
  const endpoints = Object.entries(QUERY_SUBJECTS).map(([query, subject]) => {
    const schema = `urn:uplift:schema:query.${query}.v1`;
    return [subject, { schema, scope: 'read', idempotent: true }] as const;
  });
  return new ServicesStrategy({
    connection,
    name,
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
  instanceGet({ body }: BusRequest) {
    const query = readQuery('instanceGet', body);
    return this.reader.read(query, async (snapshot) => ({
      instance: await instanceById(snapshot, query.instanceId),
    }));
  }

  @MessagePattern(QUERY_SUBJECTS.instanceList)
  instanceList({ body }: BusRequest) {
    const query = readQuery('instanceList', body);
    return this.reader.read(query, (snapshot, maxBytes) => instancePage(snapshot, query, maxBytes));
  }

  @MessagePattern(QUERY_SUBJECTS.instanceStats)
  instanceStats({ body }: BusRequest) {
    return this.reader.read(readQuery('instanceStats', body), stats);
  }

  @MessagePattern(QUERY_SUBJECTS.instanceTimeline)
  instanceTimeline({ body }: BusRequest) {
    const query = readQuery('instanceTimeline', body);
    return this.reader.read(query, (snapshot, maxBytes) => timelinePage(snapshot, query, maxBytes));
  }

  /** What every answer ends with, alone. */
  @MessagePattern(QUERY_SUBJECTS.systemStatus)
  systemStatus({ body }: BusRequest) {
    return this.reader.read(readQuery('systemStatus', body), () => Promise.resolve({}));
  }

  @MessagePattern(QUERY_SUBJECTS.systemFindings)
  systemFindings({ body }: BusRequest) {
    const query = readQuery('systemFindings', body);
    return this.reader.read(query, (snapshot, maxBytes) => findingPage(snapshot, query, maxBytes));
  }

  @MessagePattern(QUERY_SUBJECTS.upgradeGet)
  upgradeGet({ body }: BusRequest) {
    const query = readQuery('upgradeGet', body);
    return this.reader.read(query, async (snapshot) => ({
      upgrade: await upgradeById(snapshot, query.upgradeId),
    }));
  }
}
