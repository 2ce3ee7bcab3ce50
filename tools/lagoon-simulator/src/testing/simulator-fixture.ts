import type { Clock } from '@uplift/runtime';
import { systemClock } from '@uplift/runtime';
import type { RunningSimulator } from '../lagoon-simulator';
import { startLagoonSimulator } from '../lagoon-simulator';
import type { SimulatorControls } from '../simulator-controls';
import type { SimulatorOptions } from '../simulator.options';
import type { EnvironmentSpec } from '../http/control-schemas';

export interface GraphqlAnswer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly path?: unknown }[];
}

interface BuildRow {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly buildStep: string | null;
  readonly bulkName: string | null;
  readonly buildLog: string | null;
  readonly sourceType: string;
  readonly buildType: string;
}

const DEPLOY = `mutation Deploy($input: DeployEnvironmentLatestInput!) {
  deployEnvironmentLatest(input: $input)
}`;
const BUILDS = `query Builds($id: Int!) {
  environmentById(id: $id) {
    deployments { id name status buildStep bulkName buildLog sourceType buildType }
  }
}`;

/** A simulator on a clock that stands still, asked over HTTP like Lagoon. */
export class SimulatorFixture {
  private constructor(private readonly simulator: RunningSimulator) {}

  static async open(
    options: Partial<SimulatorOptions> = {},
    clock: Clock = systemClock,
  ): Promise<SimulatorFixture> {
    return new SimulatorFixture(await startLagoonSimulator({ clockSpeed: 0, ...options }, clock));
  }

  get controls(): SimulatorControls {
    return this.simulator.controls;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.simulator.port}`;
  }

  /** The id of the environment `main` of the project `app`. */
  place(traits: Partial<EnvironmentSpec> = {}): number {
    return this.controls.place({ project: 'app', environment: 'main', ...traits }).environmentId;
  }

  control(method: string, path: string, body?: unknown): Promise<Response> {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    return fetch(`${this.origin}/control/${path}`, { method, ...init });
  }

  send(query: string, variables: object = {}, init: RequestInit = {}): Promise<Response> {
    return fetch(this.simulator.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer token' },
      body: JSON.stringify({ query, variables }),
      ...init,
    });
  }

  async ask(query: string, variables: object = {}): Promise<GraphqlAnswer> {
    return (await (await this.send(query, variables)).json()) as GraphqlAnswer;
  }

  sendDeploy(
    environmentId: number,
    order: object = {},
    signal: AbortSignal | null = null,
  ): Promise<Response> {
    const environment = { id: environmentId };
    return this.send(DEPLOY, { input: { environment, returnData: true, ...order } }, { signal });
  }

  /** The value that was answered: a build name, if all is well. */
  async deploy(environmentId: number, order: object = {}): Promise<unknown> {
    const answer = (await (await this.sendDeploy(environmentId, order)).json()) as GraphqlAnswer;
    return answer.data?.deployEnvironmentLatest ?? answer.errors?.[0]?.message;
  }

  /** Newest first. */
  async builds(environmentId: number): Promise<BuildRow[]> {
    const { data } = await this.ask(BUILDS, { id: environmentId });
    const { deployments } = data?.environmentById as { deployments: BuildRow[] };
    return deployments;
  }

  async statuses(environmentId: number): Promise<string[]> {
    return (await this.builds(environmentId)).map(({ status }) => status);
  }

  close(): Promise<void> {
    return this.simulator.close();
  }
}
