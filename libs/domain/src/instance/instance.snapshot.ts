/**
 * Which fold a snapshot was made by. Raised with every change of what the events of an instance come to, and
 * with every new type of them: readers pass over a snapshot of another fold, and read on to one of theirs, or to the first event.
 */
export const FOLD_VERSION = 2;

/** What the events of an instance before this one come to. */
export interface InstanceSnapshot {
  readonly foldVersion: number;
  /** The state that commands are decided on, as a fold of this version writes it. */
  readonly state: object;
  readonly registration: InstanceRegistration;
  /** How many of the last events only noted a command that changed nothing. */
  readonly notesInARow: number;
  /** With `closed` this page is full: the commands from here on are on another one. */
  readonly commands: CommandPage & { readonly closed: boolean };
}

/** The newest registration of an instance. One that goes to another environment is registered there with that. */
export interface InstanceRegistration {
  readonly revision: number;
  /** Of the environment that was reserved for it; absent: by an earlier build, or in no environment. */
  readonly environmentId?: string;
  /** Revision of the event that has given it other labels since; absent: it has those of its registration. */
  readonly labelled?: number;
}

/** Which command led to which event: the newest commands, and where the earlier ones are. */
export interface CommandPage {
  /** Oldest first, of each command the first 8 characters of its id, and 8 digits: the revision of its last event. */
  readonly page: string;
  /** Revisions of the snapshots that hold the earlier pages, oldest first. */
  readonly earlier: readonly number[];
}
