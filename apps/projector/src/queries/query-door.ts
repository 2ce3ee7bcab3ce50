import type { BusConnection, EndpointMetadata } from '@uplift/bus';
import { ServicesStrategy } from '@uplift/bus';
import { QUERY_SUBJECTS } from '@uplift/contracts';

/** Version of the query interface, not of the build. */
const VERSION = '1.0.0';

/** The queries as one service that anybody on the bus can discover and measure. */
export function queryDoor(connection: BusConnection, name: string): ServicesStrategy {
  return new ServicesStrategy({
    connection,
    name,
    version: VERSION,
    description: 'Read models of instances and upgrades',
    endpoints: Object.fromEntries(
      Object.entries(QUERY_SUBJECTS).map(([query, subject]) => [subject, metadataOf(query)]),
    ),
  });
}

function metadataOf(query: string): EndpointMetadata {
  return { schema: `urn:uplift:schema:query.${query}.v1`, scope: 'read', idempotent: true };
}
