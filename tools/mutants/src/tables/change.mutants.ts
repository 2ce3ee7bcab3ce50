import type { Mutant } from '../mutant';

const API = 'apps/command-api/src';
const ENVIRONMENTS = `${API}/commands/environments.ts`;
const CHANGES = `${API}/instances/instance-changes.unit.spec.ts`;
const DOMAIN = 'libs/domain/src';
const EVOLVE = `${DOMAIN}/instance/instance.evolve.ts`;

/** Changes of instances that are registered. */
export const CHANGE_MUTANTS: readonly Mutant[] = [
  {
    id: 'move-without-a-reservation',
    breaks: ['I-13'],
    what: 'an instance goes to an environment that another one may have',
    file: ENVIRONMENTS,
    search:
      "if (command.type === 'UpdateInstance') return this.movedBy(command.data.changes, loaded);",
    replacement: "if (command.type === 'UpdateInstance') return null;",
    test: { spec: CHANGES, name: 'is refused where another instance is' },
  },
  {
    id: 'environment-freed-in-flight',
    breaks: ['I-13'],
    what: 'a deregistration that waits for an upgrade frees the environment at once',
    file: ENVIRONMENTS,
    search: "return status === 'removed';",
    replacement: "return status !== 'new';",
    test: { spec: CHANGES, name: 'keeps the environment as long as the upgrade runs' },
  },
  {
    id: 'deregistered-with-an-open-call',
    breaks: ['I-13', 'I-16'],
    what: 'a deregistration that waits is carried out while a call may still land',
    file: `${DOMAIN}/commands/registration.commands.ts`,
    search:
      "if (unsettled === null) return [eventOf('InstanceDeregistered', workOrder.deregistration)];",
    replacement:
      "if (unsettled !== undefined) return [eventOf('InstanceDeregistered', workOrder.deregistration)];",
    test: {
      spec: `${DOMAIN}/commands/register-instance.unit.spec.ts`,
      name: 'tells that it waits while something may still run in Lagoon',
    },
  },
  {
    id: 'update-in-flight',
    breaks: ['I-05'],
    what: 'an update reaches the upgrade in flight',
    file: EVOLVE,
    search: 'InstanceUpdated: ({ profile }) => ({ nextProfile: profile }),',
    replacement: 'InstanceUpdated: ({ profile }) => ({ profile }),',
    test: {
      spec: `${DOMAIN}/commands/update-instance.unit.spec.ts`,
      name: 'is for the next upgrade in status',
    },
  },
  {
    id: 'claim-forgotten-in-flight',
    breaks: ['I-05'],
    what: 'an upgrade puts an instance back to the claim that it had at the request',
    file: EVOLVE,
    search:
      'return originStatus === null ? state.workOrder : { ...state.workOrder, originStatus };',
    replacement: 'return originStatus === null ? state.workOrder : { ...state.workOrder };',
    test: {
      spec: `${DOMAIN}/commands/claim-instance.unit.spec.ts`,
      name: 'is what the upgrade comes back to',
    },
  },
  {
    id: 'labels-widened-by-an-update',
    breaks: ['S-02'],
    what: 'a limited caller takes an instance out of its labels by an update',
    file: `${API}/commands/instance-limits.ts`,
    search: "const labels = 'labels' in command.data ? command.data.labels : null;",
    replacement: "const labels = command.type === 'RegisterInstance' ? command.data.labels : null;",
    test: { spec: CHANGES, name: 'by a limited caller keeps the instance within its labels' },
  },
  {
    id: 'labels-of-the-registration-kept',
    breaks: ['S-02'],
    what: 'who reaches an instance is decided by the labels that it had at first',
    file: `${API}/commands/instance-limits.ts`,
    search: 'const { labelled: revision = registration.revision } = registration;',
    replacement: 'const { revision } = registration;',
    test: { spec: CHANGES, name: 'is compared with the labels that the instance has by then' },
  },
];
