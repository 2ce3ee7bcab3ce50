import { randomUUID } from 'node:crypto';
import type { PasswordRoom } from '@uplift/event-store';

/** Passwords of one who sets a store up. */
export class PasswordMap implements PasswordRoom {
  constructor(readonly passwords = new Map<string, string>()) {}

  placeOf(user: string): string {
    return `${user}.password`;
  }

  password(user: string): Promise<string | undefined> {
    return Promise.resolve(this.passwords.get(user));
  }

  make(user: string): Promise<string> {
    const made = this.passwords.get(user) ?? randomUUID();
    this.passwords.set(user, made);
    return Promise.resolve(made);
  }

  replace(user: string): Promise<string> {
    this.passwords.delete(user);
    return this.make(user);
  }

  forget(user: string): Promise<void> {
    this.passwords.delete(user);
    return Promise.resolve();
  }

  credentialsOf(name: string) {
    return { name, password: this.passwords.get(name) ?? '' };
  }
}
