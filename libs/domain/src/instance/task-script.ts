/** A command run as a Lagoon task in a pod of one of the environment's services. */
export interface CommandScript {
  readonly service: string;
  readonly command: string;
}

/** A task that is registered in Lagoon, by its name. */
export interface RegisteredScript {
  readonly registeredTask: string;
}

export type TaskScript = CommandScript | RegisteredScript;
