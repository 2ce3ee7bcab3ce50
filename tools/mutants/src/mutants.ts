import { ANOTHER_STORE_MUTANTS } from './tables/another-store.mutants';
import { ACTOR_MUTANTS } from './tables/actor.mutants';
import { BUS_USERS_MUTANTS } from './tables/bus-users.mutants';
import { BUS_MUTANTS } from './tables/bus.mutants';
import { CHANGE_MUTANTS } from './tables/change.mutants';
import { CALLBACK_MUTANTS } from './tables/callback.mutants';
import { CHECKPOINT_MUTANTS } from './tables/checkpoint.mutants';
import { COMMAND_MUTANTS } from './tables/command.mutants';
import { EFFECT_MUTANTS } from './tables/effect.mutants';
import { LIMITS_MUTANTS } from './tables/limits.mutants';
import { LOAD_MUTANTS } from './tables/load.mutants';
import { OUTCOME_MUTANTS } from './tables/outcome.mutants';
import { PROBE_MUTANTS } from './tables/probe.mutants';
import { PROGRESS_MUTANTS } from './tables/progress.mutants';
import { READ_MODEL_MUTANTS } from './tables/read-model.mutants';
import { ACCESS_MUTANTS } from './tables/access.mutants';
import { SECURITY_MUTANTS } from './tables/security.mutants';
import { SNAPSHOT_MUTANTS } from './tables/snapshot.mutants';
import { STORE_RIGHTS_MUTANTS } from './tables/store-rights.mutants';
import type { Mutant } from './mutant';

/** All rules that are broken on purpose. */
export const MUTANTS: readonly Mutant[] = [
  ...COMMAND_MUTANTS,
  ...SNAPSHOT_MUTANTS,
  ...CHANGE_MUTANTS,
  ...BUS_MUTANTS,
  ...ANOTHER_STORE_MUTANTS,
  ...BUS_USERS_MUTANTS,
  ...EFFECT_MUTANTS,
  ...OUTCOME_MUTANTS,
  ...PROGRESS_MUTANTS,
  ...CHECKPOINT_MUTANTS,
  ...READ_MODEL_MUTANTS,
  ...LOAD_MUTANTS,
  ...ACCESS_MUTANTS,
  ...ACTOR_MUTANTS,
  ...LIMITS_MUTANTS,
  ...CALLBACK_MUTANTS,
  ...SECURITY_MUTANTS,
  ...PROBE_MUTANTS,
  ...STORE_RIGHTS_MUTANTS,
];
