import type { handleServerStreamingCall, handleUnaryCall } from '@grpc/grpc-js';
import type { IUsersServer } from '@eventstore/db-client/generated/users_grpc_pb';
import * as messages from '@eventstore/db-client/generated/users_pb';
import type { AccessControl, Caller } from '../access/access-control';
import type { User, UserDirectory } from '../access/user-directory';
import type { Faults } from '../faults/faults';
import { accessDenied, invalidArgument, loginNotFound } from '../protocol/call-failure';

const TICKS_PER_MILLISECOND = 10_000;

export interface UsersContext {
  readonly users: UserDirectory;
  readonly access: AccessControl;
  readonly faults: Faults;
}

/** Who may call what is as the real server has it: details are for whoever is a user, not for himself alone. */
export function usersHandlers(context: UsersContext): IUsersServer {
  const { users } = context;
  return {
    create: byAdministrators(context, messages.CreateResp, (asked: messages.CreateReq.Options) =>
      users.create({ ...namedIn(asked), password: asked.getPassword() }),
    ),
    update: byAdministrators(context, messages.UpdateResp, (asked: messages.UpdateReq.Options) => {
      const { loginName, ...changes } = namedIn(asked);
      return users.change(loginName, changes);
    }),
    delete: byAdministrators(context, messages.DeleteResp, (asked: messages.DeleteReq.Options) =>
      users.delete(asked.getLoginName()),
    ),
    disable: byAdministrators(context, messages.DisableResp, (asked: messages.DisableReq.Options) =>
      users.change(asked.getLoginName(), { disabled: true }),
    ),
    enable: byAdministrators(context, messages.EnableResp, (asked: messages.EnableReq.Options) =>
      users.change(asked.getLoginName(), { disabled: false }),
    ),
    resetPassword: byAdministrators(
      context,
      messages.ResetPasswordResp,
      (asked: messages.ResetPasswordReq.Options) =>
        users.setPassword(asked.getLoginName(), asked.getNewPassword()),
    ),
    changePassword: byUsers(
      context,
      messages.ChangePasswordResp,
      (asked: messages.ChangePasswordReq.Options) =>
        users.changePassword(
          asked.getLoginName(),
          asked.getCurrentPassword(),
          asked.getNewPassword(),
        ),
    ),
    details: details(context),
  };
}

interface Asking<Options> {
  getOptions(): Options | undefined;
}

type Work<Options> = (asked: Options) => Promise<void>;

function byAdministrators<Options, Answer>(
  context: UsersContext,
  Answered: new () => Answer,
  work: Work<Options>,
): handleUnaryCall<Asking<Options>, Answer> {
  return handle(context, Answered, { isAllowed: ({ isAdministrator }) => isAdministrator, work });
}

function byUsers<Options, Answer>(
  context: UsersContext,
  Answered: new () => Answer,
  work: Work<Options>,
): handleUnaryCall<Asking<Options>, Answer> {
  return handle(context, Answered, { isAllowed: isUser, work });
}

interface Task<Options> {
  readonly isAllowed: (caller: Caller) => boolean;
  readonly work: Work<Options>;
}

function handle<Options, Answer>(
  { access, faults }: UsersContext,
  Answered: new () => Answer,
  { isAllowed, work }: Task<Options>,
): handleUnaryCall<Asking<Options>, Answer> {
  return (call, reply) => {
    const run = async () => {
      if (!isAllowed(access.identify(call.metadata))) throw accessDenied();
      const asked = call.request.getOptions();
      if (!asked) throw invalidArgument('the call names no user');
      await work(asked);
      return new Answered();
    };
    void faults
      .awake()
      .then(run)
      .then((answer) => reply(null, answer), reply);
  };
}

function details({
  users,
  access,
  faults,
}: UsersContext): handleServerStreamingCall<messages.DetailsReq, messages.DetailsResp> {
  return (call) => {
    const run = () => {
      if (!isUser(access.identify(call.metadata))) throw accessDenied();
      const name = call.request.getOptions()?.getLoginName() ?? '';
      const found = name === '' ? users.all() : [users.find(name)];
      for (const user of found) {
        if (!user) throw loginNotFound(name);
        call.write(new messages.DetailsResp().setUserDetails(detailsOf(user)));
      }
      call.end();
    };
    void faults
      .awake()
      .then(run)
      .catch((error: unknown) => call.emit('error', error));
  };
}

function isUser({ name }: Caller): boolean {
  return name !== null;
}

function namedIn(asked: messages.CreateReq.Options | messages.UpdateReq.Options) {
  const loginName = asked.getLoginName();
  return { loginName, fullName: asked.getFullName(), groups: asked.getGroupsList() };
}

function detailsOf(user: User): messages.DetailsResp.UserDetails {
  const { UserDetails } = messages.DetailsResp;
  const ticks = String(Math.trunc(user.changedAt) * TICKS_PER_MILLISECOND);
  return new UserDetails()
    .setLoginName(user.loginName)
    .setFullName(user.fullName)
    .setGroupsList([...user.groups])
    .setDisabled(user.disabled)
    .setLastUpdated(new UserDetails.DateTime().setTicksSinceEpoch(ticks));
}
