import { Injectable } from '@nestjs/common';
import { refusal } from '@uplift/contracts';
import type {
  EnvironmentEventData,
  Holder,
  InstanceCommandOf,
  InstanceProfile,
  InstanceState,
  InstanceStatus,
  ProfileChanges,
} from '@uplift/domain';
import { changedProfile, decide, EnvironmentTakenError, UNUSED_ENVIRONMENT } from '@uplift/domain';
import type { Cause, LoadedInstance, Remembered } from '@uplift/event-store';
import {
  EnvironmentCommandHandler,
  environmentIdOf,
  InstanceHistory,
  NO_STREAM,
  StreamGoneError,
  UnreadableHistoryError,
} from '@uplift/event-store';
import type { CommandRequest, EdgeCommand } from './command-request';

const MOST_TRIES = 3;
const MOST_REMEMBERED = 50_000;
/** Commands for which an instance must have its environment. */
const STARTS: readonly string[] = ['RequestUpgrade', 'RetryUpgrade', 'RollBackUpgrade'];
/** Nobody has used the environment yet: true of nearly every registration, and the append compares it. */
const NEVER_USED = { state: UNUSED_ENVIRONMENT, head: NO_STREAM, position: 0n };

/** What the Lagoon cores are called. */
export class CoreNames {
  constructor(private readonly names: readonly string[]) {}

  /** Without names there is one core: whatever an instance calls it is an alias. */
  ownNameOf(core: string): string {
    return this.names.length === 0 ? 'default' : core;
  }
}

type RememberedInstance = Remembered<InstanceState>;
type Reservation = EnvironmentEventData['EnvironmentReserved'];

interface Holders {
  readonly ids: readonly string[];
  /** Null: none, or one that nobody can read. */
  readonly present: string | null;
}

/** What a stream says of one registration of its instance. */
interface Registration {
  readonly revision: number;
  readonly profile: InstanceProfile;
  /** Reserved before it; an earlier build did not, and another build may have known the core by another name. */
  readonly environmentId: string | undefined;
}

/**
 * One environment of Lagoon is one instance. It is reserved, in a stream of its own, before the instance is registered;
 * if that breaks off in between, repeating the registration completes it. A reservation names one registration of one
 * instance: whoever comes after the end of that may have the environment.
 *
 * An instance that has no reservation, because an earlier build registered it or its core was called otherwise, gets
 * it before its next start. That needs no pass over the store, and holds while old processes still register.
 */
@Injectable()
export class Environments {
  private readonly remembered = new Set<string>();

  constructor(
    private readonly handler: EnvironmentCommandHandler,
    private readonly history: InstanceHistory,
    private readonly cores: CoreNames,
  ) {}

  /** Of the environment that the instance is; none if there is no such environment any more. */
  idFor(profile: InstanceProfile, status: InstanceStatus): string | undefined {
    return status === 'removed' ? undefined : this.idOf(profile);
  }

  /** Whose the environment was ever reserved for, newest first, and the instance that is there now. */
  async holdersOf(profile: InstanceProfile): Promise<Holders> {
    const environmentId = this.idOf(profile);
    const holders = await this.handler.holdersOf(environmentId);
    const [newest] = holders;
    const ids = [...new Set(holders.map(({ instanceId }) => instanceId))];
    if (newest === undefined) return { ids, present: null };
    const loaded = await this.history.load(newest.instanceId).catch(noneIfUnreadable);
    const isThere = loaded !== null && this.holds(loaded, newest, environmentId);
    return { ids, present: isThere ? newest.instanceId : null };
  }

  private holds(loaded: LoadedInstance, holder: Holder, environmentId: string): boolean {
    const present = presentRegistration(loaded);
    const isSame = present?.revision === holder.registration;
    return isSame && this.idsOf(present).has(environmentId);
  }

  /** Whether `secure` would ask for an environment, which goes by the newest state alone. */
  isWanted(request: CommandRequest, known: RememberedInstance): boolean {
    return this.wantedFor(request, known) !== null;
  }

  /** Before a command is carried out. Throws `environment-taken`, and what the command is refused with anyway. */
  async secure(request: CommandRequest, cause: Cause, loaded: LoadedInstance): Promise<void> {
    const wanted = this.wantedFor(request, loaded);
    if (wanted === null || decide(request.command, loaded.state).length === 0) return;
    const { profile, revision } = wanted;
    await this.reserve(
      {
        ...this.nameOf(profile),
        instanceId: request.instanceId,
        registration: revision,
        requestedBy: cause.actor.id,
      },
      { ...cause, step: 'ReserveEnvironment' },
    );
    if (STARTS.includes(request.command.type)) this.remember(request.instanceId, profile);
  }

  /** Of the environment that an update takes the instance to; none if it has that already. */
  newIdFor(changes: ProfileChanges, loaded: RememberedInstance): string | undefined {
    const moved = this.movedBy(changes, loaded);
    return moved === null ? undefined : this.idOf(moved.profile);
  }

  /**
   * After an instance was deregistered or has moved, and after every repeat of a deregistration: `loaded` as it was then.
   * What is not freed here, as where a worker ends the registration later, is free by the end of that registration.
   */
  async free(
    { instanceId, command }: CommandRequest,
    cause: Cause,
    { loaded, status }: { readonly loaded: LoadedInstance; readonly status: InstanceStatus },
  ): Promise<void> {
    const ended = registrationIn(loaded);
    if (ended === null || !this.isLeft(command, loaded, status)) return;
    const { requestedBy, reason } = command.data;
    const data = { instanceId, registration: ended.revision, requestedBy, reason };
    for (const environmentId of this.idsOf(ended)) {
      await this.handler.handle(
        {
          environmentId,
          command: { type: 'FreeEnvironment', data },
          cause: { ...cause, step: 'FreeEnvironment' },
        },
        { tries: MOST_TRIES },
      );
    }
  }

  /** Whether the command has ended the registration that the instance had before. */
  private isLeft(
    command: EdgeCommand,
    loaded: LoadedInstance,
    status: InstanceStatus,
  ): command is InstanceCommandOf<'DeregisterInstance' | 'UpdateInstance'> {
    if (command.type === 'DeregisterInstance') return status === 'removed';
    return command.type === 'UpdateInstance' && this.movedBy(command.data.changes, loaded) !== null;
  }

  /** The registration that an update leads to; null if the instance stays in its environment. */
  private movedBy(changes: ProfileChanges, loaded: RememberedInstance) {
    const present = presentRegistration(loaded);
    if (present === null) return null;
    const profile = changedProfile(present.profile, changes);
    const isStaying = this.idsOf(present).has(this.idOf(profile));
    return isStaying ? null : { profile, revision: loaded.head.revision + 1 };
  }

  /** The registration that is to have an environment now; null for what needs none, or is known to have it. */
  private wantedFor(
    { instanceId, command }: CommandRequest,
    loaded: RememberedInstance,
  ): Pick<Registration, 'profile' | 'revision'> | null {
    if (command.type === 'RegisterInstance') {
      const { profile, status } = command.data;
      return status === 'removed' ? null : { profile, revision: loaded.head.revision + 1 };
    }
    if (command.type === 'UpdateInstance') return this.movedBy(command.data.changes, loaded);
    const known = STARTS.includes(command.type) ? presentRegistration(loaded) : null;
    if (known === null || known.environmentId === this.idOf(known.profile)) return null;
    return this.remembered.has(this.memoryOf(instanceId, known.profile)) ? null : known;
  }

  private async reserve(data: Reservation, cause: Cause, ended: Holder | null = null) {
    const environmentId = environmentIdOf(data);
    const command = { type: 'ReserveEnvironment', data: { ...data, ended } } as const;
    const policy = { tries: MOST_TRIES, ...(ended === null ? { from: NEVER_USED } : {}) };
    try {
      await this.handler.handle({ environmentId, command, cause }, policy);
    } catch (error) {
      if (!(error instanceof EnvironmentTakenError)) throw error;
      await this.refuseUnlessOver(error, environmentId);
      await this.reserve(data, cause, error.holder);
    }
  }

  /** A registration that is still to come keeps the environment, however long ago it was reserved. */
  private async refuseUnlessOver(error: EnvironmentTakenError, environmentId: string) {
    const { instanceId, registration } = error.holder;
    const holder = await this.loadHolder(error);
    if (holder === 'gone') return;
    const hasCome = holder.head.revision >= registration;
    if (hasCome && !this.holds(holder, error.holder, environmentId)) return;
    const detail = hasCome ? error.message : whatIsToCome(instanceId, presentRegistration(holder));
    const fields = { existingInstanceId: instanceId, cause: error };
    throw refusal('environment-taken', detail, fields);
  }

  /** An instance whose stream is gone never comes to an end: it holds nothing. One that cannot be read may still run. */
  private async loadHolder(error: EnvironmentTakenError): Promise<LoadedInstance | 'gone'> {
    const { instanceId } = error.holder;
    try {
      return await this.history.load(instanceId);
    } catch (cause) {
      if (cause instanceof StreamGoneError) return 'gone';
      if (!(cause instanceof UnreadableHistoryError)) throw cause;
      const detail = `${error.message}, whose history cannot be read: ${cause.message}`;
      throw refusal('environment-taken', detail, { existingInstanceId: instanceId, cause });
    }
  }

  private idsOf({ profile, environmentId }: Registration): ReadonlySet<string> {
    const present = this.idOf(profile);
    return new Set([environmentId ?? present, present]);
  }

  private idOf(profile: InstanceProfile): string {
    return environmentIdOf(this.nameOf(profile));
  }

  private nameOf({ core, project, environment }: InstanceProfile) {
    return { core: this.cores.ownNameOf(core), project, environment };
  }

  private memoryOf(instanceId: string, profile: InstanceProfile): string {
    return `${instanceId}/${this.idOf(profile)}`;
  }

  private remember(instanceId: string, profile: InstanceProfile): void {
    if (this.remembered.size >= MOST_REMEMBERED) this.remembered.clear();
    this.remembered.add(this.memoryOf(instanceId, profile));
  }
}

function noneIfUnreadable(error: unknown): null {
  if (error instanceof StreamGoneError || error instanceof UnreadableHistoryError) return null;
  throw error;
}

function whatIsToCome(instanceId: string, present: Registration | null): string {
  const reserved = `The environment is reserved for instance ${instanceId}`;
  return present === null
    ? `${reserved}, which is not registered yet: repeat its registration, or register under that id`
    : `${reserved}, which was about to go there: repeat its update`;
}

/** The last registration; null if there is none. */
function registrationIn({ state, memory }: RememberedInstance): Registration | null {
  if (state.kind === 'absent' || memory.registration === null) return null;
  const { profile } = state.kind === 'resting' ? state : state.workOrder;
  const { revision, environmentId } = memory.registration;
  return { revision, profile, environmentId };
}

/** The same, unless it has come to its end. */
function presentRegistration(loaded: RememberedInstance): Registration | null {
  const { state } = loaded;
  const isRemoved = state.kind === 'absent' || state.status === 'removed';
  return isRemoved ? null : registrationIn(loaded);
}
