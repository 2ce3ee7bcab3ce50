import type { StoredVariableRow } from '@uplift/lagoon/testing';
import type { BuildName, BuildSpec, EnvironmentSpec } from './http/control-schemas';
import type { FaultSpec } from './http/faults';
import type { TokenRule } from './http/tokens';
import type { LedgerPage } from './ledger';
import type { PlacedEnvironment } from './simulator-controls';

/** Client of the control endpoint of a simulated Lagoon: places environments, plans faults, reads the ledger. */
export class SimulatorClient {
  private readonly base: string;

  constructor(graphqlUrl: string) {
    this.base = `${new URL(graphqlUrl).origin}/control`;
  }

  /** Creates environments, and gives those that are there already what makes them odd. */
  async placeEnvironments(
    ...environments: readonly EnvironmentSpec[]
  ): Promise<PlacedEnvironment[]> {
    const answer = await this.post<{ environments: PlacedEnvironment[] }>(
      'environments',
      environments,
    );
    return answer.environments;
  }

  /** A build that somebody else starts; answers its name. */
  async build(spec: BuildSpec): Promise<string> {
    const { builds } = await this.post<{ builds: (string | null)[] }>('builds', [spec]);
    const name = only(builds);
    if (name === null) throw new Error(`No environment ${spec.project}/${spec.environment}`);
    return name;
  }

  /** Deletes a row, as Lagoon's retention does. False if there is none. */
  async removeBuild(build: BuildName): Promise<boolean> {
    return only((await this.send<{ removed: boolean[] }>('DELETE', 'builds', [build])).removed);
  }

  async plan(...faults: readonly FaultSpec[]): Promise<void> {
    await this.post('faults', faults);
  }

  /** Forgets every fault still to come, and ends an outage. */
  async planNothing(): Promise<void> {
    await this.send('DELETE', 'faults');
  }

  /** While it lasts every call is answered 503. */
  async outage(active: boolean): Promise<void> {
    await this.post('outage', [{ active }]);
  }

  /** How long bearer tokens are good; `*` rules those that have no rule of their own. */
  async tokens(...rules: readonly TokenRule[]): Promise<void> {
    await this.post('tokens', rules);
  }

  async forgetTokens(): Promise<void> {
    await this.send('DELETE', 'tokens');
  }

  /** With it callers may set `bulkId` and `priority` of any deployment. */
  async platformRole(platformRole: boolean): Promise<void> {
    await this.post('account', [{ platformRole }]);
  }

  /** Moves simulated time on, beside what the clock does by itself. */
  async advance(seconds: number): Promise<void> {
    await this.post('clock', [{ advanceSeconds: seconds }]);
  }

  async variables(project: string): Promise<StoredVariableRow[]> {
    const path = `variables?project=${encodeURIComponent(project)}`;
    return (await this.send<{ variables: StoredVariableRow[] }>('GET', path)).variables;
  }

  ledger(): Promise<LedgerPage> {
    return this.send('GET', 'ledger?calls=0');
  }

  /** Counts from nothing again. */
  async clearLedger(): Promise<void> {
    await this.send('DELETE', 'ledger');
  }

  private post<T>(what: string, records: readonly object[]): Promise<T> {
    return this.send('POST', what, records);
  }

  private async send<T>(method: string, what: string, records?: readonly object[]): Promise<T> {
    const body = records === undefined ? {} : { body: JSON.stringify(records) };
    const response = await fetch(`${this.base}/${what}`, { method, ...body });
    if (!response.ok) throw new Error(`The simulator refused: ${await response.text()}`);
    return (await response.json()) as T;
  }
}

export function only<T>(answers: readonly T[]): T {
  const [first] = answers;
  if (first === undefined) throw new TypeError('the simulator answered nothing');
  return first;
}
