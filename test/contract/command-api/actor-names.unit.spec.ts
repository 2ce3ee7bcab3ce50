import { InMemoryActorNames } from '../../../apps/command-api/src/testing/in-memory.actor-names';
import { actorNamesSuite } from './actor-names.suite';

describe('the twin of the table of names', () => {
  actorNamesSuite(() => Promise.resolve(new InMemoryActorNames()));
});
