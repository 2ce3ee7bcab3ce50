import type { EndpointMetadata } from '@uplift/bus';
import { COMMAND_SUBJECTS } from '@uplift/contracts';

/** What each command says of itself on the bus; schemas are components of the published description. */
export const COMMAND_ENDPOINTS: Readonly<Record<string, EndpointMetadata>> = {
  [COMMAND_SUBJECTS.registerInstance]: {
    schema: 'RegisterInstanceDto',
    scope: 'instance:register',
    idempotent: true,
  },
  [COMMAND_SUBJECTS.reportHealth]: {
    schema: 'ReportHealthOfInstanceDto',
    scope: 'instance:report-health',
    idempotent: true,
  },
  [COMMAND_SUBJECTS.triggerUpgrade]: {
    schema: 'TriggerUpgradeOfInstanceDto',
    scope: 'upgrade:trigger',
    idempotent: true,
  },
  [COMMAND_SUBJECTS.cancelUpgrade]: {
    schema: 'CancelUpgradeOfInstanceDto',
    scope: 'upgrade:cancel',
    idempotent: true,
  },
};
