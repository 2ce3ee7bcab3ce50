import { toInstanceEvent } from '@uplift/contracts';
import type {
  Evidence,
  InstanceCommandOf,
  InstanceEventData,
  Resolution,
  ResolutionRefusal,
  UnsettledEffect,
} from '@uplift/domain';
import { unsettledEffectOf } from '@uplift/domain';
import type { Lagoon, LagoonCores, LagoonTask } from '@uplift/lagoon';
import { carriesMarker, deploymentPhase, taskPhase } from '@uplift/lagoon';
import { failpoint } from '@uplift/runtime';
import type { InstanceSession } from '../../runner/instance-session';
import { StageHandler, type StageTurn } from '../../runner/stage-handler.port';

type Asked = InstanceEventData['OutcomeResolutionRequested'];
type Adopted = NonNullable<InstanceCommandOf<'ConfirmResolution'>['data']['adopted']>;

export interface ResolutionOptions {
  /** A call may still take effect this long after its intent, in ms. */
  readonly settleWindowMs: number;
  /** Whole time of what is left to do after a late success, in ms. */
  readonly attemptMs: number;
}

/** A build or task of the environment. */
interface Row extends Adopted {
  readonly names: readonly string[];
  readonly isMarked: boolean;
  /** Marker of an attempt of ours, of whatever upgrade. */
  readonly bulkName: string | null;
  readonly status: string;
}

interface LookedFor {
  readonly asked: Asked;
  readonly marker: string;
  readonly callNo: number | null;
}

type Verdict =
  | { readonly kind: 'confirmed'; readonly adopted: Adopted | null; readonly evidence: Evidence }
  | { readonly kind: 'refused'; readonly reason: ResolutionRefusal; readonly evidence: Evidence };

const NEWEST = 100;
const OUR_MARKER = /^uplift-[0-9a-f-]{36}-\d+/;

/** Holds what an operator says of a call without an outcome against what Lagoon shows. */
export class ResolutionStage extends StageHandler {
  readonly stage = 'poll-upgrade';

  constructor(
    private readonly cores: LagoonCores,
    private readonly options: ResolutionOptions,
  ) {
    super();
  }

  async run(turn: StageTurn): Promise<void> {
    const { session, signal } = turn;
    const event = toInstanceEvent(session.message);
    await failpoint('resolve.R0');
    if (event.type !== 'OutcomeResolutionRequested' || (await isAnswered(turn, event.data))) return;
    const effect = unsettledEffectOf(session.state);
    if (effect === null) return;
    const askedAt = session.openedAt;
    const callNo = session.call?.callNo ?? null;
    const verdict = await this.verdict(session, { asked: event.data, effect, askedAt }, signal);
    await failpoint('resolve.R1');
    await this.answer(session, { asked: event.data, marker: effect.marker, callNo }, verdict);
    await failpoint('resolve.R2');
  }

  private async answer(
    session: InstanceSession,
    { asked, ...call }: LookedFor,
    verdict: Verdict,
  ): Promise<void> {
    const { upgradeId, attempt, resolution } = asked;
    const { evidence } = verdict;
    const told = { upgradeId, attempt, resolution, evidence };
    if (verdict.kind === 'refused') {
      const data = { ...told, reason: verdict.reason };
      await session.submit({ type: 'RefuseResolution', data });
      return;
    }
    const { attemptMs } = this.options;
    const data = { ...told, ...call, adopted: verdict.adopted, attemptMs };
    await session.submit({ type: 'ConfirmResolution', data });
  }

  private async verdict(
    session: InstanceSession,
    claim: { readonly asked: Asked; readonly effect: UnsettledEffect; readonly askedAt: number },
    signal: AbortSignal,
  ): Promise<Verdict> {
    const { lagoon } = this.cores.of(session.workOrder.profile.core);
    const environment = await lagoon.findEnvironment(session.workOrder.profile, signal);
    if (environment === null) return refused('environment-missing', {});
    const rows = await rowsOf(lagoon, environment.environmentId, claim.effect, signal);
    const { resolution } = claim.asked;
    if (resolution.kind === 'adopt') return onAdoption(resolution, rows, session);
    return this.onAbsence(rows, claim.effect, await ageMsOf(session, claim));
  }

  /** Nothing of the call is to be seen, and nothing can come any more. */
  private onAbsence(
    rows: readonly Row[],
    { buildName }: UnsettledEffect,
    ageMs: number | null,
  ): Verdict {
    const { settleWindowMs } = this.options;
    const trace = rows.find(
      ({ isMarked, names }) => isMarked || (buildName !== null && names.includes(buildName)),
    );
    if (trace !== undefined) {
      const { names, status } = trace;
      return refused('build-exists', { buildName: names[0] ?? '', status });
    }
    const evidence = { ageMs, settleWindowMs };
    return ageMs === null || ageMs < settleWindowMs
      ? refused('may-still-land', evidence)
      : { kind: 'confirmed', adopted: null, evidence };
  }
}

/** A message that comes again, from a bus that was filled anew perhaps, must not undo what was answered. */
async function isAnswered({ session }: StageTurn, asked: Asked): Promise<boolean> {
  const answer = await session.findLast(
    ({ type, data }) =>
      (type === 'OutcomeResolved' || type === 'OutcomeResolutionRefused') &&
      data.attempt === asked.attempt &&
      adoptedBy(data.resolution) === adoptedBy(asked.resolution),
    ({ revision }) => revision <= session.message.revision,
  );
  return answer !== undefined;
}

function adoptedBy(resolution: Resolution): string | null {
  return resolution.kind === 'adopt' ? resolution.buildName : null;
}

function onAdoption(
  { buildName }: Extract<Resolution, { kind: 'adopt' }>,
  rows: readonly Row[],
  { state }: InstanceSession,
): Verdict {
  const row = rows.find(({ names }) => names.includes(buildName));
  if (row === undefined) return refused('build-missing', { buildName });
  const { phase, task, status, bulkName, isMarked } = row;
  const evidence = { buildName, status };
  if (!isMarked && OUR_MARKER.test(bulkName ?? '')) {
    return refused('build-of-another-attempt', { ...evidence, marker: bulkName });
  }
  if (state.kind === 'resting' && phase === 'active') return refused('still-running', evidence);
  return { kind: 'confirmed', adopted: { phase, task }, evidence };
}

/** From the newest intent of the effect to the operator's word, by the store's clock; null without an intent. */
async function ageMsOf(
  session: InstanceSession,
  { effect, askedAt }: { readonly effect: UnsettledEffect; readonly askedAt: number },
): Promise<number | null> {
  const intent = await session.findLast(
    ({ data }) => 'marker' in data && data.marker === effect.marker,
  );
  return intent === undefined ? null : askedAt - Date.parse(intent.recordedAt);
}

async function rowsOf(
  lagoon: Lagoon,
  environmentId: number,
  { effect, marker }: UnsettledEffect,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  if (effect === 'script') {
    const tasks = await lagoon.tasksOf(environmentId, { limit: NEWEST }, signal);
    return tasks.map((task) => rowOfTask(task, marker));
  }
  const builds = await lagoon.deploymentsOf(environmentId, { limit: NEWEST }, signal);
  return builds.map(({ name, status, bulkName }) => ({
    names: [name],
    isMarked: bulkName === marker,
    bulkName,
    status,
    phase: deploymentPhase(status),
    task: null,
  }));
}

function rowOfTask(task: LagoonTask, marker: string): Row {
  const { id: taskId, name, taskName, status } = task;
  return {
    names: [taskName ?? name, name, `${taskId}`],
    isMarked: carriesMarker(task, marker),
    bulkName: name,
    status,
    phase: taskPhase(status),
    task: { taskId, taskName: taskName ?? name },
  };
}

function refused(reason: ResolutionRefusal, evidence: Evidence): Verdict {
  return { kind: 'refused', reason, evidence };
}
