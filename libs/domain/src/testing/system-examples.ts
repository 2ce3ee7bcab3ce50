import type { EnvironmentEventData } from '../environment/environment';
import type { SystemEventData } from '../system/system.events';
import { ASKED, PROFILE } from './examples';

/** One value of every event of the other categories. */
export const EXAMPLE_SYSTEM_DATA: SystemEventData = {
  StartsStopped: { core: null, ...ASKED },
  StartsAllowed: { core: 'eu-1', ...ASKED },
  CommandNoted: { command: 'StopStarts' },
  ClockChecked: { clock: '2026-03-01T10:00:00.000Z' },
  StoreAccepted: {
    ...ASKED,
    message: {
      epoch: '0b1c6c0e-0000-4000-8000-0000000000e1',
      sequence: 41,
      eventId: '0b1c6c0e-0000-5000-8000-000000000041',
    },
  },
  FindingRecorded: {
    findingId: 'f1d10000-0000-5000-8000-000000000001',
    kind: 'foreign-events',
    subject: 'ops',
    detail: 'Events of other programs in streams of this category: nobody reads them',
    evidence: { stream: 'ops-test', eventType: 'Probe', position: '548' },
    count: 3,
  },
  FindingClosed: { findingId: 'f1d10000-0000-5000-8000-000000000001', ...ASKED },
  ApiTokenCreated: {
    tokenId: '70ce0000-0000-5000-8000-000000000001',
    hash: '5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8',
    scopes: ['instances:read', 'instances:write'],
    expiresAt: '2026-06-01T10:00:00.000Z',
    ...ASKED,
  },
  ApiTokenRevoked: { tokenId: '70ce0000-0000-5000-8000-000000000001', ...ASKED },
  ActorErased: { actorId: 'ac700000-0000-5000-8000-000000000001', ...ASKED },
};
const HOLDER = { instanceId: '0b1c6c0e-0000-4000-8000-00000000000a', registration: 0 };

export const EXAMPLE_ENVIRONMENT_DATA: EnvironmentEventData = {
  EnvironmentReserved: {
    core: 'eu-1',
    project: PROFILE.project,
    environment: PROFILE.environment,
    ...HOLDER,
    requestedBy: 'operator-7',
  },
  EnvironmentFreed: { ...HOLDER, ...ASKED },
};
