import type { Mutant } from '../mutant';

const WORKERS = 'apps/stage-workers/src';
const FOLDS = `${WORKERS}/stages/watchdog/checkpointed-folds.unit.spec.ts`;

/** What a process that begins with a checkpoint of its folds has forgotten. */
export const CHECKPOINT_MUTANTS: readonly Mutant[] = [
  {
    id: 'switches-forgotten',
    breaks: ['I-20'],
    what: 'a watchdog that begins with a checkpoint takes starts for allowed that are stopped',
    file: `${WORKERS}/stages/watchdog/wait-reasons.ts`,
    search: '(this.switches = known ?? ALL_STARTS_ALLOWED)',
    replacement: '(this.switches = (void known, ALL_STARTS_ALLOWED))',
    test: { spec: FOLDS, name: 'holds up the starts that are stopped' },
  },
  {
    id: 'findings-forgotten',
    breaks: ['I-10'],
    what: 'an auditor that begins with a checkpoint shows no finding that was open',
    file: `${WORKERS}/auditor/finding-recorder.ts`,
    search: '() => [...this.state],',
    replacement: '() => [],',
    test: { spec: FOLDS, name: 'records no finding again, and closes what is over' },
  },
  {
    id: 'time-asked-in-vain',
    breaks: ['I-26', 'I-20'],
    what: 'the first question for the time behind a checkpoint is appended where another one stands',
    file: `${WORKERS}/stages/watchdog/clock-check.ts`,
    search: '() => this.place,',
    replacement: '() => ({ ...this.place, head: NO_STREAM }),',
    test: { spec: FOLDS, name: 'asks for the time behind whoever asked last' },
  },
  {
    id: 'time-of-admission-forgotten',
    breaks: ['I-20'],
    what: 'admission that begins with a checkpoint counts time from an older event',
    file: `${WORKERS}/admission/admission-control.ts`,
    search: "folds: [this.usage, this.clock.fold('time of admission')]",
    replacement: 'folds: [this.usage]',
    test: { spec: FOLDS, name: 'counts time from the newest event that is in it' },
  },
  {
    id: 'waits-for-what-is-over',
    breaks: ['I-17'],
    what: 'whoever came before the checkpoint waits on for an upgrade that is over in it',
    file: `${WORKERS}/admission/admission-control.ts`,
    search: 'onRestored: () => this.release(),',
    replacement: 'onRestored: () => void (() => this.release()),',
    test: { spec: FOLDS, name: 'sends away who came before it, for an upgrade that is over' },
  },
];
