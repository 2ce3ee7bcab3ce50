import {
  BACKWARDS,
  convertToCommandError,
  END,
  jsonEvent,
  LoginConflictError,
  LoginNotFoundError,
  NO_STREAM,
  StreamNotFoundError,
  WrongExpectedVersionError,
  type AppendExpectedRevision,
  type Credentials,
} from '@eventstore/db-client';
import { UsersClient } from '@eventstore/db-client/generated/users_grpc_pb';
import * as messages from '@eventstore/db-client/generated/users_pb';
import { status } from '@grpc/grpc-js';
import type { CallOptions, Metadata, ServiceError } from '@grpc/grpc-js';
import { EsdbClient } from '../esdb.client';
import { parseEsdbConnectionString } from '../esdb.connection-string';
import { refusedError, unavailable } from '../esdb.errors';

export interface StoreUser {
  readonly name: string;
  readonly fullName: string;
  readonly groups: readonly string[];
}

export interface FoundUser extends StoreUser {
  readonly isDisabled: boolean;
}

export interface UserWithPassword extends StoreUser {
  readonly password: string;
}

/** What the last event of one of the store's own streams says. */
export interface StoreFields {
  /** Of that event; -1 if there is none. */
  readonly revision: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

const NOTHING: StoreFields = { revision: -1, fields: {} };

/** Whoever asks is no administrator, or nobody the store knows. */
export class NotAdministratorError extends Error {
  readonly code = 'not-administrator';
}

/** The server has no users, or is asked for them in another way. */
export class UsersNotServedError extends Error {
  readonly code = 'users-not-served';
  constructor() {
    super(
      'The event store serves no calls about users over gRPC: make the users and groups of docs/store-permissions.md by its HTTP API (POST /users)',
    );
  }
}

type Done = (error: ServiceError | null) => void;
type Call = (users: UsersClient, metadata: Metadata, options: CallOptions, done: Done) => void;

/**
 * Users and rights of an event store, for an administrator. Errors: NotAdministratorError, UsersNotServedError,
 * EventStoreUnavailableError.
 */
export class EsdbAdministration {
  private readonly client: AdministrationClient;
  private readonly user: string | null;
  private readonly credentials: Credentials | undefined;

  /** Throws ConnectionStringError. */
  constructor(connectionString: string) {
    const settings = parseEsdbConnectionString(connectionString);
    this.client = new AdministrationClient(settings);
    this.user = settings.user;
    [, , this.credentials] = settings.client;
  }

  async find(name: string): Promise<FoundUser | null> {
    const found = await this.answer('see users', () => this.client.detailsOf(name)).catch(
      noneIfUnknown,
    );
    if (!found) return null;
    const { loginName, fullName, groupsList, disabled } = found.toObject();
    return { name: loginName, fullName, groups: groupsList, isDisabled: disabled };
  }

  async isPassword(username: string, password: string): Promise<boolean> {
    try {
      await this.client.detailsOf(username, { username, password });
    } catch (error) {
      const { code } = error as ServiceError;
      if (code === status.UNAUTHENTICATED) return false;
      if (!refusedError(convertToCommandError(error as Error), username, '')) {
        throw unavailable(error);
      }
    }
    return true;
  }

  /** False if there is one with another password. */
  create({ name, fullName, groups, password }: UserWithPassword): Promise<boolean> {
    const options = new messages.CreateReq.Options().setLoginName(name).setFullName(fullName);
    options.setGroupsList([...groups]).setPassword(password);
    const request = new messages.CreateReq().setOptions(options);
    return this.change((users, ...call) => users.create(request, ...call));
  }

  /** This and what follows: false if somebody else has changed the user at the same time. */
  update({ name, fullName, groups }: StoreUser): Promise<boolean> {
    const options = new messages.UpdateReq.Options().setLoginName(name).setFullName(fullName);
    const request = new messages.UpdateReq().setOptions(options.setGroupsList([...groups]));
    return this.change((users, ...call) => users.update(request, ...call));
  }

  enable(name: string): Promise<boolean> {
    const options = new messages.EnableReq.Options().setLoginName(name);
    const request = new messages.EnableReq().setOptions(options);
    return this.change((users, ...call) => users.enable(request, ...call));
  }

  resetPassword(name: string, password: string): Promise<boolean> {
    const options = new messages.ResetPasswordReq.Options().setLoginName(name);
    const request = new messages.ResetPasswordReq().setOptions(options.setNewPassword(password));
    return this.change((users, ...call) => users.resetPassword(request, ...call));
  }

  lastOf(stream: string): Promise<StoreFields> {
    return this.answer(`read ${stream}`, () => this.readLast(stream).catch(nothingIfMissing));
  }

  /** False if somebody else was faster. */
  append(stream: string, type: string, { revision, fields }: StoreFields): Promise<boolean> {
    const expectedRevision: AppendExpectedRevision = revision < 0 ? NO_STREAM : BigInt(revision);
    return this.answer(`append to ${stream}`, async () => {
      try {
        const event = jsonEvent({ type, data: fields as Record<string, never> });
        // With credentials of its own the append is a single call, which has a deadline.
        const options = {
          expectedRevision,
          ...(this.credentials && { credentials: this.credentials }),
        };
        await this.client.appendToStream(stream, event, options);
        return true;
      } catch (error) {
        if (error instanceof WrongExpectedVersionError) return false;
        throw error;
      }
    });
  }

  close(): Promise<void> {
    return this.client.end();
  }

  private async readLast(stream: string): Promise<StoreFields> {
    const last = { direction: BACKWARDS, fromRevision: END, maxCount: 1 } as const;
    let found = NOTHING;
    for await (const { event } of this.client.readStream(stream, last)) {
      if (event) found = { revision: Number(event.revision), fields: fieldsIn(event.data) };
    }
    return found;
  }

  private change(call: Call): Promise<boolean> {
    const changed = this.answer('change users', () => this.client.users(call));
    return changed.then(() => true).catch(falseIfConflict);
  }

  private async answer<T>(right: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (failure) {
      throw this.translated(failure as Error, right);
    }
  }

  private translated(failure: Error, right: string): Error {
    const error = convertToCommandError(failure);
    if (error instanceof LoginNotFoundError || error instanceof LoginConflictError) return error;
    if ((failure as ServiceError).code === status.UNIMPLEMENTED) return new UsersNotServedError();
    const refused = refusedError(error, this.user, right);
    if (!refused) return unavailable(error);
    const who = this.user === null ? 'a connection without a user' : `the user ${this.user}`;
    return new NotAdministratorError(
      refused.isUnknown
        ? `The event store does not accept ${who}: user or password is wrong, or the user is disabled`
        : `The event store denies ${who} to ${right}: take one in the group $admins`,
      { cause: failure },
    );
  }
}

/** The official client with the calls about users, of which it carries the messages alone. */
class AdministrationClient extends EsdbClient {
  users(call: Call): Promise<void> {
    const [metadata, options] = this.callArguments({});
    return this.execute(
      UsersClient,
      'users',
      (users) =>
        new Promise((resolve, reject) => {
          call(users, metadata, options, (error) => (error ? reject(error) : resolve()));
        }),
    );
  }

  async detailsOf(name: string, credentials?: Credentials) {
    const request = new messages.DetailsReq().setOptions(
      new messages.DetailsReq.Options().setLoginName(name),
    );
    const [metadata, options] = this.callArguments(credentials ? { credentials } : {});
    const open = this.GRPCStreamCreator(UsersClient, 'details', (users) =>
      users.details(request, metadata, options),
    );
    const answers = (await open()) as AsyncIterable<messages.DetailsResp>;
    let found: messages.DetailsResp.UserDetails | undefined;
    for await (const answer of answers) found = answer.getUserDetails();
    return found;
  }
}

function nothingIfMissing(error: unknown): StoreFields {
  if (error instanceof StreamNotFoundError) return NOTHING;
  throw error;
}

function noneIfUnknown(error: unknown): undefined {
  if (!(error instanceof LoginNotFoundError)) throw error;
}

function falseIfConflict(error: unknown): false {
  if (error instanceof LoginConflictError) return false;
  throw error;
}

function fieldsIn(data: unknown): StoreFields['fields'] {
  const isObject = typeof data === 'object' && data !== null && !(data instanceof Uint8Array);
  return isObject ? (data as StoreFields['fields']) : {};
}
