import type { InstanceProfile, LocatedEnvironment } from '@uplift/domain';
import type {
  EnvironmentSpec,
  FaultSpec,
  LedgerPage,
  PlacedEnvironment,
} from '../../../tools/lagoon-simulator/src';

type Target = Pick<InstanceProfile, 'project' | 'environment'>;

/** Client of the control endpoint of the simulated Lagoon. */
export class SimulatedLagoon {
  private readonly base: string;

  constructor(private readonly graphqlUrl: string) {
    this.base = `${new URL(graphqlUrl).origin}/control`;
  }

  async place(target: Target, traits: Partial<EnvironmentSpec>): Promise<LocatedEnvironment> {
    const { project, environment } = target;
    const record = { project, environment, ...traits };
    const { environments } = await this.send<{ environments: PlacedEnvironment[] }>(
      'POST',
      'environments',
      record,
    );
    const [placed] = environments;
    if (placed === undefined) throw new TypeError('the simulator placed nothing');
    const { projectId, environmentId, route } = placed;
    const branch = typeof traits.deployBaseRef === 'string' ? traits.deployBaseRef : environment;
    const { deployType = 'branch' } = traits;
    return { projectId, environmentId, route, deployType, deployBaseRef: branch };
  }

  /** Starts a build and answers its name; without a marker it is somebody else's. */
  async build(
    { project, environment }: Target,
    bulkName?: string,
    bulkId: string | null = null,
  ): Promise<string> {
    const wave = bulkId === null ? {} : { bulkId };
    const record = { project, environment, bulkName, ...wave };
    const { builds } = await this.send<{ builds: string[] }>('POST', 'builds', record);
    return builds[0] ?? '';
  }

  /** A task as a worker adds it whose answer was lost; answers its id. */
  async addTask(environment: number, name: string): Promise<number> {
    const query = 'mutation AddTask($input: TaskInput!) { addTask(input: $input) { id } }';
    const input = { environment, name, service: 'cli', command: 'backup' };
    const response = await fetch(this.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer spec' },
      body: JSON.stringify({ query, variables: { input } }),
    });
    const { data } = (await response.json()) as { data: { addTask: { id: number } } };
    return data.addTask.id;
  }

  async plan(fault: FaultSpec): Promise<void> {
    await this.send('POST', 'faults', fault);
  }

  async clearFaults(): Promise<void> {
    await this.send('DELETE', 'faults');
  }

  /** Lets so much simulated time pass at once. */
  async advance(advanceSeconds: number): Promise<void> {
    await this.send('POST', 'clock', { advanceSeconds });
  }

  async outage(active: boolean): Promise<void> {
    await this.send('POST', 'outage', { active });
  }

  ledger(): Promise<LedgerPage> {
    return this.send('GET', 'ledger');
  }

  /** How often each operation was asked for since the ledger was cleared. */
  async requests(): Promise<LedgerPage['requests']> {
    return (await this.ledger()).requests;
  }

  async clearLedger(): Promise<void> {
    await this.send('DELETE', 'ledger');
  }

  private async send<T>(method: string, what: string, record?: object): Promise<T> {
    const body = record === undefined ? {} : { body: JSON.stringify(record) };
    const response = await fetch(`${this.base}/${what}`, { method, ...body });
    if (!response.ok) throw new Error(`The simulator refused: ${await response.text()}`);
    return (await response.json()) as T;
  }
}
