import type { BusClient } from '@uplift/bus';
import type {
  AuditVerdict,
  InstanceDocument,
  Stats,
  TimelineEntryDocument,
  UpgradeDocument,
} from '@uplift/contracts';
import { COMMAND_SUBJECTS, ProblemError, QUERY_SUBJECTS, REQUEST_HEADERS } from '@uplift/contracts';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { LedgerPage } from '../../lagoon-simulator/src';
import { projectRoot, upliftEnvironment } from '../../stack/src';
import type { DemoInstance } from './fleet';
import { registrationOf } from './fleet';

interface Triggered {
  readonly upgradeId: string;
}

const REASON = 'demo: bring the fleet to the newest version';

/** What the demo does as a client of Uplift: commands over HTTP and NATS, queries over NATS. */
export class UpliftClient {
  constructor(
    private readonly apiUrl: string,
    private readonly bus: BusClient,
    private readonly token: string,
  ) {}

  /** Registers the whole fleet in one import; throws with the first refusal. */
  async register(fleet: readonly DemoInstance[]): Promise<void> {
    const body = fleet.map((instance) => JSON.stringify(registrationOf(instance))).join('\n');
    const headers = {
      authorization: `Bearer ${this.token}`,
      'content-type': 'application/x-ndjson',
      'idempotency-key': `demo-${randomUUID()}`,
    };
    const text = await post(`${this.apiUrl}/v1/instances/import`, body, headers);
    const refused = text
      .trim()
      .split('\n')
      .find((line) => !line.includes('"revision"'));
    if (refused !== undefined) throw new Error(`An instance was refused: ${refused}`);
  }

  /** Both ways of it answer with the id of the upgrade. */
  async triggerOverHttp({ instanceId }: DemoInstance): Promise<string> {
    const body = JSON.stringify({ reason: REASON });
    const headers = {
      authorization: `Bearer ${this.token}`,
      'content-type': 'application/json',
      'idempotency-key': `demo-${instanceId}`,
    };
    const answer = await post(`${this.apiUrl}/v1/instances/${instanceId}/upgrades`, body, headers);
    return (JSON.parse(answer) as Triggered).upgradeId;
  }

  async triggerOverBus({ instanceId }: DemoInstance): Promise<string> {
    const body = { instanceId, reason: REASON };
    const idempotencyKey = `demo-${instanceId}`;
    const answer = await this.bus.request(COMMAND_SUBJECTS.triggerUpgrade, body, {
      idempotencyKey,
      headers: { [REQUEST_HEADERS.actorToken]: this.token },
    });
    return (answer as Triggered).upgradeId;
  }

  async stats(): Promise<Stats> {
    return (await this.bus.request(QUERY_SUBJECTS.instanceStats, {})) as Stats;
  }

  /** As the read model knows it; null while it does not. */
  async outcome(upgradeId: string): Promise<string | null> {
    try {
      const answer = await this.bus.request(QUERY_SUBJECTS.upgradeGet, { upgradeId });
      return (answer as { readonly upgrade: UpgradeDocument }).upgrade.outcome;
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status === 404) return null;
      throw error;
    }
  }

  async timeline({ instanceId }: DemoInstance): Promise<readonly TimelineEntryDocument[]> {
    const query = { instanceId, limit: 100 };
    const page = await this.bus.request(QUERY_SUBJECTS.instanceTimeline, query);
    return (page as { readonly items: readonly TimelineEntryDocument[] }).items;
  }

  async failureOf({ instanceId }: DemoInstance): Promise<string | null> {
    const answer = await this.bus.request(QUERY_SUBJECTS.instanceGet, { instanceId });
    return (answer as { readonly instance: InstanceDocument }).instance.failureReason;
  }
}

/** The simulated Lagoon, controlled from outside: places environments and tells what was asked of it. */
export class SimulatorClient {
  private readonly base: string;

  constructor(graphqlUrl: string) {
    this.base = new URL(graphqlUrl).origin;
  }

  async place(fleet: readonly DemoInstance[]): Promise<void> {
    const environments = fleet.map(({ project, environment, failBuild }) => ({
      project,
      environment,
      failBuild,
    }));
    await post(`${this.base}/control/environments`, JSON.stringify(environments));
  }

  async ledger(): Promise<LedgerPage> {
    return JSON.parse(await ask(`${this.base}/control/ledger?calls=1`)) as LedgerPage;
  }
}

function post(url: string, body: string, headers: Record<string, string> = {}) {
  return ask(url, { method: 'POST', headers, body });
}

async function ask(url: string, request: RequestInit = {}): Promise<string> {
  const response = await fetch(url, request);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return text;
}

type Settings = Readonly<Record<string, string>>;

interface Said {
  readonly isDone: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `uplift` as somebody at a terminal does: in a process of its own. */
function uplift(env: Settings, ...args: readonly string[]): Promise<Said> {
  const cli = resolve(projectRoot(), 'dist/apps/cli/src/main.js');
  const options = { env: upliftEnvironment(env), maxBuffer: 64 * 1024 * 1024 };
  return new Promise((done) => {
    execFile(process.execPath, [cli, ...args], options, (error, stdout, stderr) => {
      done({ isDone: error === null, stdout, stderr });
    });
  });
}

/** `uplift audit verify` reads the store itself. */
export async function auditVerdict(env: Settings): Promise<AuditVerdict> {
  const { stdout, stderr } = await uplift(env, '--output', 'json', 'audit', 'verify');
  try {
    return JSON.parse(stdout) as AuditVerdict;
  } catch {
    throw new Error(`The audit gave no verdict: ${stderr}`);
  }
}

/** Writes the fleet and one upgrade of it as pages into the folder; returns their files. */
export async function writePages(
  env: Settings,
  upgradeId: string,
  folder: string,
): Promise<readonly string[]> {
  const [fleet, upgrade] = [join(folder, 'fleet.html'), join(folder, 'upgrade.html')];
  const written = [
    await uplift(env, 'stats', '--html', fleet),
    await uplift(env, 'upgrade', 'report', upgradeId, '--html', upgrade),
  ];
  const failed = written.find(({ isDone }) => !isDone);
  if (failed) throw new Error(`A page was not written: ${failed.stderr}`);
  return [fleet, upgrade];
}
