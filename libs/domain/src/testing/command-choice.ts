import fc from 'fast-check';
import type { UpgradePlan } from '../instance/upgrade-target';
import { HEALTHY_STATUSES, INSTANCE_STATUSES, RUNNING_STATUSES } from '../status';

/** What chance decides about one command. */
export interface Choice {
  /** Onwards, with what else may happen in the state, or with any command at all. */
  readonly way: 'onwards' | 'sideways' | 'anywhere';
  readonly isStale: boolean;
  readonly pick: number;
  readonly tries: number;
  readonly health: (typeof RUNNING_STATUSES)[number];
  readonly imported: (typeof INSTANCE_STATUSES)[number];
  readonly plan: UpgradePlan;
  /** Speaks of the build that is followed, whatever its name, or of `build`. */
  readonly isOfOurs: boolean;
  readonly build: string;
  readonly buildStatus: string;
  readonly outcome: string;
  readonly target: string;
}

const PLANS: readonly UpgradePlan[] = [
  { strategy: 'redeploy-latest', target: null },
  { strategy: 'branch-ref', target: { ref: 'v2.1.0' } },
  { strategy: 'promote', target: { sourceEnvironment: 'staging' } },
  {
    strategy: 'variables',
    target: { variables: [{ name: 'FEATURE_X', value: 'on', scope: 'RUNTIME' }] },
  },
  { strategy: 'script', target: { script: { service: 'cli', command: 'migrate' } } },
];

const tenth = fc.integer({ min: 0, max: 9 }).map((n) => n === 0);

export const choices: fc.Arbitrary<Choice> = fc.record({
  way: fc.oneof(
    { weight: 9, arbitrary: fc.constant('onwards' as const) },
    { weight: 4, arbitrary: fc.constant('sideways' as const) },
    { weight: 1, arbitrary: fc.constant('anywhere' as const) },
  ),
  isStale: tenth,
  pick: fc.nat(999),
  tries: fc.constantFrom(1, 2, 3),
  health: fc.constantFrom(...RUNNING_STATUSES),
  imported: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...HEALTHY_STATUSES) },
    { weight: 1, arbitrary: fc.constantFrom(...INSTANCE_STATUSES) },
  ),
  plan: fc.constantFrom(...PLANS),
  isOfOurs: tenth.map((isOther) => !isOther),
  build: fc.constantFrom('lagoon-build-a', 'lagoon-build-b'),
  buildStatus: fc.constantFrom('new', 'queued', 'pending', 'running', 'paused'),
  outcome: fc.constantFrom('complete', 'failed'),
  target: fc.constantFrom('lagoon:eu-1', 'admission:eu-1'),
});
