import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../../tools/stack/src';
import type { RunningUplift } from '../../support/running-uplift';

export interface IssuedToken {
  /** The process that asked for it. */
  readonly pid: number;
  readonly text: string;
}

/** Issues the tokens of workers: each worker gets its own ones from a command, and Lagoon accepts no others. */
export class TokenIssuer {
  private constructor(
    private readonly uplift: RunningUplift,
    private readonly folder: string,
  ) {}

  /** @param lifeMs how long each token is good */
  static async create(uplift: RunningUplift, lifeMs: number): Promise<TokenIssuer> {
    const folder = join(uplift.stack.dir, 'tokens');
    await mkdir(folder);
    const issuer = new TokenIssuer(uplift, folder);
    await issuer.issueFor(lifeMs);
    await writeFile(join(folder, 'issued'), '');
    await issuer.acceptNoOther();
    return issuer;
  }

  /** Settings of a worker. */
  get env(): Readonly<Record<string, string>> {
    const script = join(projectRoot(), 'test/chaos/lagoon/issue-token.mjs');
    const control = new URL('/control', this.uplift.stack.url('lagoon')).href;
    const command = [process.execPath, script, control, this.folder];
    return { UPLIFT_LAGOON_TOKEN: '', UPLIFT_LAGOON_TOKEN_COMMAND: JSON.stringify(command) };
  }

  /** How long tokens are good that are issued later. */
  async issueFor(lifeMs: number): Promise<void> {
    await writeFile(join(this.folder, 'life'), String(lifeMs));
  }

  /** From now on every token issued so far is refused. */
  async revokeAll(): Promise<void> {
    await this.uplift.lagoon.forgetTokens();
    await this.acceptNoOther();
  }

  /** Oldest first. */
  async issued(): Promise<IssuedToken[]> {
    const lines = (await readFile(join(this.folder, 'issued'), 'utf8')).trim().split('\n');
    return lines.map((line) => {
      const [pid = '', text = ''] = line.split(' ');
      return { pid: Number(pid), text };
    });
  }

  async issuedTo(pid: number): Promise<number> {
    return (await this.issued()).filter((token) => token.pid === pid).length;
  }

  private async acceptNoOther(): Promise<void> {
    await this.uplift.lagoon.tokens({ token: '*', validMs: 0 });
  }
}
