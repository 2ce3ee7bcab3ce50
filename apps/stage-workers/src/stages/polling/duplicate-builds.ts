import { markerOf } from '@uplift/domain';
import type { Lagoon, LagoonDeployment } from '@uplift/lagoon';
import type { InstanceSession } from '../../runner/instance-session';
import { recordSight } from './build-report';

export interface DuplicateSight {
  readonly instanceId: string;
  readonly marker: string;
  /** Newest first. */
  readonly builds: readonly string[];
}

export interface DuplicateOptions {
  /** Called once per finding. */
  readonly onDuplicates: (sight: DuplicateSight) => void;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
  /** Builds that were stopped. */
  readonly dealtWith?: Set<string>;
}

const NOT_BEGUN = ['new', 'queued'];

/** Keeps one build per attempt: the newest is adopted, the others are stopped if they have not begun. */
export class DuplicateBuilds {
  private readonly dealtWith: Set<string>;
  private readonly marker: string;

  constructor(
    private readonly session: InstanceSession,
    private readonly lagoon: Lagoon,
    private readonly options: DuplicateOptions,
  ) {
    this.marker = markerOf(session.workOrder);
    this.dealtWith = options.dealtWith ?? new Set();
  }

  /** @param rows newest first */
  async settle(rows: readonly LagoonDeployment[]): Promise<void> {
    const ours = rows.filter(({ bulkName }) => bulkName === this.marker);
    const followed = this.session.deployment?.buildName;
    const isAlone = ours.every(({ name }) => name === followed);
    if (isAlone || followed === undefined) return;
    await this.record([...new Set([...ours.map(({ name }) => name), followed])]);
    for (const row of ours) await this.stop(row);
  }

  private async record(builds: readonly string[]): Promise<void> {
    const { session, marker } = this;
    const known = session.upgrading?.notes.duplicateBuilds ?? [];
    if (builds.every((build) => known.includes(build))) return;
    const data = { ...session.attempt, builds };
    const submission = await recordSight(session, { type: 'RecordDuplicateBuilds', data });
    if (submission === 'not-due') return;
    this.options.onDuplicates({ instanceId: session.instanceId, marker, builds });
  }

  /** What has begun may have changed the environment already: it is left alone. */
  private async stop({ name: buildName, status }: LagoonDeployment): Promise<void> {
    const { session, lagoon, dealtWith, options } = this;
    const { located } = session.workOrder;
    const followed = session.deployment?.buildName;
    if (located === null || followed === undefined || buildName === followed) return;
    if (!NOT_BEGUN.includes(status.toLowerCase()) || dealtWith.has(buildName)) return;
    const target = { environmentId: located.environmentId, buildName };
    const answer = await lagoon.cancelDeployment(target, options.signal);
    if (answer.kind !== 'ambiguous') dealtWith.add(buildName);
  }
}
