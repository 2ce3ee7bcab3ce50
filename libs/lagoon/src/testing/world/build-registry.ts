import type { Build, BuildTraits } from './builds';
import { PLAIN_BUILD } from './builds';
import type { Environment } from './environment';
import type { WorldContext } from './world-context';

export interface DeployOrder {
  readonly bulkId?: string | null | undefined;
  readonly bulkName?: string | null | undefined;
  readonly priority?: number | null | undefined;
  readonly variablesOnly?: boolean;
  readonly traits?: Partial<BuildTraits>;
}

type RowPlan = Pick<Build, 'name' | 'traits' | 'createdAt'>;

const DURATION_JITTER = 0.25;
/** Without images to make. */
const VARIABLES_SHARE = 0.25;
const PRIORITIES = { production: 6, development: 5 };

/** Takes orders for builds and knows every row. */
export class BuildRegistry {
  readonly byId = new Map<number, Build>();
  /** What is odd about every build. */
  traits: Partial<BuildTraits> = {};
  private readonly byBulkId = new Map<string, Build[]>();

  constructor(private readonly context: WorldContext) {}

  /** Answers the name that the caller is told; its traits say when a row carries it, and whether. */
  deploy(environment: Environment, order: DeployOrder): string {
    const traits = this.traitsFor(environment, order);
    const name = this.newName(order);
    const addRows = (createdAt: number) => {
      this.addRow(environment, order, { traits, createdAt, name });
      for (let copy = 1; copy < traits.rows; copy += 1) {
        this.addRow(environment, order, { traits, createdAt, name: this.newName(order) });
      }
    };
    if (traits.rowSeconds === 0) addRows(this.context.clock.now());
    else if (traits.rowSeconds !== 'never') this.context.after(traits.rowSeconds, addRows);
    return name;
  }

  ofBulk(bulkId: string): readonly Build[] {
    return this.byBulkId.get(bulkId) ?? [];
  }

  /** Deletes the row, as Lagoon's retention does. */
  forget(environment: Environment, build: Build): void {
    environment.queue.forget(build);
    this.byId.delete(build.id);
    if (build.bulkId === null) return;
    const others = this.ofBulk(build.bulkId).filter((other) => other !== build);
    this.byBulkId.set(build.bulkId, others);
  }

  private traitsFor(environment: Environment, order: DeployOrder): BuildTraits {
    const [next, ...later] = environment.nextBuilds;
    environment.nextBuilds = later;
    return { ...PLAIN_BUILD, ...this.traits, ...environment.buildTraits, ...next, ...order.traits };
  }

  private addRow(environment: Environment, order: DeployOrder, row: RowPlan): void {
    const build = this.newBuild(environment, order, row);
    this.byId.set(build.id, build);
    if (build.bulkId !== null)
      this.byBulkId.set(build.bulkId, [...this.ofBulk(build.bulkId), build]);
    environment.queue.add(build);
    this.context.observer.onBuild(build);
    const { vanishSeconds } = build.traits;
    if (vanishSeconds === null) return;
    const vanishesAt = build.createdAt + vanishSeconds * 1000;
    this.context.timeline.schedule(vanishesAt, () => this.forget(environment, build));
  }

  private newBuild(environment: Environment, order: DeployOrder, row: RowPlan): Build {
    const fails = environment.failBuilds > 0;
    if (fails) environment.failBuilds -= 1;
    return {
      ...row,
      id: this.context.nextId(),
      environmentId: environment.id,
      bulkId: order.bulkId ?? null,
      bulkName: order.bulkName ?? null,
      priority: order.priority ?? PRIORITIES[environment.environmentType],
      durationMs: this.durationOf(environment, order, row.traits),
      result: row.traits.endStatus ?? (fails ? 'failed' : 'complete'),
      warnings: environment.buildWarnings,
      sourceUser: 'uplift@example.com',
      buildType: order.variablesOnly === true ? 'VARIABLES' : 'BUILD',
      arrivedAt: null,
      slotAt: null,
      end: null,
      shown: {},
    };
  }

  private newName({ variablesOnly }: DeployOrder): string {
    const kind = variablesOnly === true ? 'variables' : 'build';
    return `lagoon-${kind}-${this.context.word(6)}`;
  }

  private durationOf(
    { buildSeconds }: Environment,
    order: DeployOrder,
    { runSeconds }: BuildTraits,
  ): number {
    if (runSeconds !== null) return runSeconds * 1000;
    const { clock, options, randomness } = this.context;
    if (clock.instant && buildSeconds === null) return 0;
    const share = order.variablesOnly === true && buildSeconds === null ? VARIABLES_SHARE : 1;
    const jitter = 1 + (randomness.fraction() * 2 - 1) * DURATION_JITTER;
    return (buildSeconds ?? options.buildSeconds) * share * 1000 * jitter;
  }
}
