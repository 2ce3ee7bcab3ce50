import { readFileSync } from 'node:fs';
import { UsersClient } from '@eventstore/db-client/generated/users_grpc_pb';
import * as messages from '@eventstore/db-client/generated/users_pb';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { CERTIFICATES } from '../../../test/support/certificates/certificates';
import type { EmbeddedEventStore } from '../src';

interface Password {
  readonly name: string;
  readonly password: string;
}

/** The calls about users, as whoever it is; as nobody without a password. */
export class UsersCalls {
  private readonly client: UsersClient;
  private readonly metadata = new Metadata();

  constructor({ port }: EmbeddedEventStore, who?: Password) {
    const authority = readFileSync(CERTIFICATES.authority);
    this.client = new UsersClient(`localhost:${port}`, credentials.createSsl(authority));
    if (!who) return;
    const basic = Buffer.from(`${who.name}:${who.password}`).toString('base64');
    this.metadata.set('authorization', `Basic ${basic}`);
  }

  create(name: string, password: string, groups: readonly string[] = []): Promise<unknown> {
    const options = new messages.CreateReq.Options().setLoginName(name).setPassword(password);
    options.setFullName(`Full ${name}`).setGroupsList([...groups]);
    const request = new messages.CreateReq().setOptions(options);
    return answer((done) => this.client.create(request, this.metadata, done));
  }

  update(name: string, fullName: string, groups: readonly string[]): Promise<unknown> {
    const options = new messages.UpdateReq.Options().setLoginName(name).setFullName(fullName);
    const request = new messages.UpdateReq().setOptions(options.setGroupsList([...groups]));
    return answer((done) => this.client.update(request, this.metadata, done));
  }

  delete(name: string): Promise<unknown> {
    const options = new messages.DeleteReq.Options().setLoginName(name);
    const request = new messages.DeleteReq().setOptions(options);
    return answer((done) => this.client.delete(request, this.metadata, done));
  }

  disable(name: string): Promise<unknown> {
    const options = new messages.DisableReq.Options().setLoginName(name);
    const request = new messages.DisableReq().setOptions(options);
    return answer((done) => this.client.disable(request, this.metadata, done));
  }

  enable(name: string): Promise<unknown> {
    const options = new messages.EnableReq.Options().setLoginName(name);
    const request = new messages.EnableReq().setOptions(options);
    return answer((done) => this.client.enable(request, this.metadata, done));
  }

  resetPassword(name: string, password: string): Promise<unknown> {
    const options = new messages.ResetPasswordReq.Options().setLoginName(name);
    const request = new messages.ResetPasswordReq().setOptions(options.setNewPassword(password));
    return answer((done) => this.client.resetPassword(request, this.metadata, done));
  }

  changePassword(name: string, before: string, password: string): Promise<unknown> {
    const options = new messages.ChangePasswordReq.Options().setLoginName(name);
    options.setCurrentPassword(before).setNewPassword(password);
    const request = new messages.ChangePasswordReq().setOptions(options);
    return answer((done) => this.client.changePassword(request, this.metadata, done));
  }

  /** Without a name: of all. */
  async details(name = ''): Promise<messages.DetailsResp.UserDetails.AsObject[]> {
    const options = new messages.DetailsReq.Options().setLoginName(name);
    const call = this.client.details(new messages.DetailsReq().setOptions(options), this.metadata);
    const found: messages.DetailsResp.UserDetails.AsObject[] = [];
    for await (const each of call) {
      const user = (each as messages.DetailsResp).getUserDetails();
      if (user) found.push(user.toObject());
    }
    return found;
  }

  close(): void {
    this.client.close();
  }
}

type Done = (error: ServiceError | null, answer: unknown) => void;

function answer(ask: (done: Done) => void): Promise<unknown> {
  return new Promise((resolve, reject) =>
    ask((error, given) => (error ? reject(error) : resolve(given))),
  );
}
