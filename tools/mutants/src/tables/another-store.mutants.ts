import type { Mutant } from '../mutant';

const WATCH = 'libs/event-store/src/divergence-watch.unit.spec.ts';

/** What a store does that was put back, or is another one. */
export const ANOTHER_STORE_MUTANTS: readonly Mutant[] = [
  {
    id: 'append-to-an-older-copy',
    breaks: ['I-11'],
    what: 'a service appends to a store that lacks what the bus has',
    file: 'libs/event-store/src/guarded.event-store.ts',
    search: 'await this.watch.assertSame();',
    replacement: '',
    test: {
      spec: WATCH,
      name: 'refuses appends to an older copy, names the message, and lets them pass when it is resolved',
    },
  },
  {
    id: 'older-copy-written-on',
    breaks: ['I-11', 'I-13'],
    what: 'a store passes for the same once its newest event was written anew, whatever else it lacks',
    file: 'libs/event-store/src/divergence-watch.ts',
    search: "return place === 'stored' ? null : this.lacking();",
    replacement: 'return null;',
    test: {
      spec: WATCH,
      name: 'finds what an older copy lacks where the newest event was written anew meanwhile',
    },
  },
  {
    id: 'read-model-of-another-store',
    breaks: ['I-11', 'I-27'],
    what: 'the projector goes on with a store that its rows did not come from',
    file: 'apps/projector/src/projection/projection-loop.ts',
    search: 'await refuseAnotherStore(store, checkpoint);',
    replacement: '',
    test: {
      spec: 'test/contract/projector/projection-loop.unit.spec.ts',
      name: 'instances: it stops, and its rows stay',
    },
  },
];
