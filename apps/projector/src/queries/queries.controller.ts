import { Controller, UseFilters } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import type { BusRequest } from '@uplift/bus';
import { BusExceptionFilter } from '@uplift/bus';
import { QUERY_SUBJECTS } from '@uplift/contracts';
import { instanceById, instancePage, timelinePage } from './instance-queries';
import { parseQuery } from './parse-query';
import {
  InstanceGetQuery,
  InstanceListQuery,
  InstanceStatsQuery,
  InstanceTimelineQuery,
  UpgradeGetQuery,
} from './query-bodies';
import { SnapshotReader } from './snapshot-reader';
import { stats } from './stats-queries';
import { upgradeById } from './upgrade-queries';

/** The read side's door on the bus. */
@Controller()
@UseFilters(BusExceptionFilter)
export class QueriesController {
  constructor(private readonly reader: SnapshotReader) {}

  @MessagePattern(QUERY_SUBJECTS.instanceGet)
  instanceGet({ body }: BusRequest) {
    const query = parseQuery(InstanceGetQuery, body);
    return this.reader.read(query, async (snapshot) => ({
      instance: await instanceById(snapshot, query.instanceId),
    }));
  }

  @MessagePattern(QUERY_SUBJECTS.instanceList)
  instanceList({ body }: BusRequest) {
    const query = parseQuery(InstanceListQuery, body);
    return this.reader.read(query, (snapshot) => instancePage(snapshot, query));
  }

  @MessagePattern(QUERY_SUBJECTS.instanceStats)
  instanceStats({ body }: BusRequest) {
    return this.reader.read(parseQuery(InstanceStatsQuery, body), stats);
  }

  @MessagePattern(QUERY_SUBJECTS.instanceTimeline)
  instanceTimeline({ body }: BusRequest) {
    const query = parseQuery(InstanceTimelineQuery, body);
    return this.reader.read(query, (snapshot) => timelinePage(snapshot, query));
  }

  @MessagePattern(QUERY_SUBJECTS.upgradeGet)
  upgradeGet({ body }: BusRequest) {
    const query = parseQuery(UpgradeGetQuery, body);
    return this.reader.read(query, async (snapshot) => ({
      upgrade: await upgradeById(snapshot, query.upgradeId),
    }));
  }
}
