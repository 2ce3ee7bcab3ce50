import type { UpgradeDocument } from '@uplift/contracts';
import { reasonRow } from '@uplift/domain';
import type { Bar, Look } from './bar-chart';
import { barChart } from './bar-chart';
import { duration, TIME_STEPS } from './duration';
import type { Fact, Markup } from './html';
import { factList, html, moment, table } from './html';
import { page } from './page';
import type { Span, StageReport, TimeKind, UpgradeReport } from './upgrade-report';

const WORDS: Readonly<Record<TimeKind, string>> = {
  queued: 'queued',
  active: 'worked on',
  waiting: 'waiting for something outside',
};

/** One upgrade as a page of its own: what it was, where its time went, every event. */
export function upgradePage(report: UpgradeReport): string {
  const { instance, upgrade, at } = report;
  const title = `Upgrade of ${instance.project}/${instance.environment}: ${upgrade.outcome}`;
  return page(
    title,
    factList(factsOf(report)),
    failureOf(upgrade),
    html`<h2>Where its time went, from its request on</h2>`,
    timePicture(report),
    timeTable(report.stages),
    html`<h2>Its events</h2>`,
    eventTable(report),
    html`<p class="note">Complete up to ${moment(at)}. All times are in UTC.</p>`,
  );
}

function factsOf({ instance, upgrade }: UpgradeReport): readonly Fact[] {
  const { requestedAt, endedAt } = upgrade;
  const took = endedAt === null ? 'in flight' : spanOf(requestedAt, endedAt);
  const target = upgrade.target === null ? 'none' : JSON.stringify(upgrade.target);
  return [
    ['App', instance.app],
    ['Labels', labelsOf(instance.labels)],
    ['Instance', `${instance.instanceId}, ${instance.status}`],
    ['Upgrade', `${upgrade.upgradeId}, attempt ${upgrade.attempt}`],
    ['Strategy', `${upgrade.strategy}, target ${target}`],
    ['Reason', upgrade.reason],
    ['Requested', html`${moment(requestedAt)} by ${upgrade.requestedBy}`],
    ['Ended', endedAt === null ? 'not yet' : moment(endedAt)],
    ['Took', took],
    ['Build', buildOf(upgrade)],
  ];
}

/** How it stands is known while it goes on; what became of it says the outcome. */
function buildOf({ buildName, buildStatus, endedAt }: UpgradeDocument): string {
  if (buildName === null) return 'none';
  return endedAt === null && buildStatus !== null ? `${buildName}, ${buildStatus}` : buildName;
}

export function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return pairs.join(', ') || 'none';
}

function spanOf(from: string, to: string): string {
  return duration(Date.parse(to) - Date.parse(from));
}

function failureOf({ failure }: UpgradeDocument): readonly Markup[] {
  if (failure === null) return [];
  const { reason, reasonClass, evidence, retryable } = failure;
  const row = reasonRow(reason);
  const facts: Fact[] = [
    ['Reason', `${reason}, class ${reasonClass}`],
    ['In words', row?.sentence ?? 'not known to this build'],
    ['What to do', row?.whatToDo ?? 'look at the events below'],
    ['Can be retried', retryable ? 'yes' : 'no'],
    ...Object.entries(evidence).map(([name, value]): Fact => [`Seen: ${name}`, String(value)]),
  ];
  return [html`<h2>Why it failed</h2>`, factList(facts)];
}

function timePicture({ stages, upgrade, at }: UpgradeReport): Markup {
  const from = Date.parse(upgrade.requestedAt);
  const last = Math.max(from, ...stages.flatMap(({ spans }) => spans.map(({ to }) => to)));
  const longest = [...stages].sort((a, b) => totalOf(b) - totalOf(a))[0];
  const words = longest === undefined ? '' : ` The longest stage is ${longest.stage}.`;
  return barChart({
    name: 'stages',
    title: 'The stages of the upgrade, from its request',
    summary: `${stages.length} stages in ${duration(last - from)}, up to ${upgrade.endedAt ?? at}.${words}`,
    bars: stages.map((stage) => barOf(stage, from)),
    length: last - from,
    tick: duration,
    steps: TIME_STEPS,
    legend: (Object.keys(WORDS) as TimeKind[]).map((kind): [Look, string] => [kind, WORDS[kind]]),
  });
}

function barOf(stage: StageReport, origin: number): Bar {
  const pieces = stage.spans.map(({ kind, from, to, target }) => ({
    ...{ look: kind, from: from - origin, to: to - origin },
    title: `${stage.stage}: ${pieceWords({ kind, target })}, ${duration(to - from)}`,
  }));
  const more = stage.isOpen ? ' so far' : '';
  return { label: stage.stage, pieces, value: `${duration(totalOf(stage))}${more}` };
}

function pieceWords({ kind, target }: Pick<Span, 'kind' | 'target'>): string {
  return target === null ? WORDS[kind] : `waiting for ${target}`;
}

export function totalOf({ queuedMs, activeMs, waitingMs }: StageReport): number {
  return queuedMs + activeMs + waitingMs;
}

function timeTable(stages: readonly StageReport[]): Markup {
  const number = (head: string) => ({ head, isNumber: true as const });
  const head = [
    ...[{ head: 'Stage' }, number('Queued'), number('Active'), number('Waiting')],
    ...[number('In all'), { head: 'Waited for', isProse: true as const }],
  ];
  const rows = stages.map((stage) => [
    stage.isOpen ? `${stage.stage} (goes on)` : stage.stage,
    ...[stage.queuedMs, stage.activeMs, stage.waitingMs, totalOf(stage)].map(duration),
    [...new Set(stage.spans.flatMap(({ target }) => target ?? []))].join(', ') || '–',
  ]);
  const caption =
    'Each stage as it was gone through last. Waiting is what was told as such, whether the stage had begun or not; queued and active are the rest.';
  return table(caption, head, rows);
}

function eventTable({ timeline }: UpgradeReport): Markup {
  const head = [
    ...[{ head: 'Event' }, { head: 'Revision', isNumber: true as const }],
    ...[
      { head: 'Recorded' },
      { head: 'Status after it' },
      { head: 'Note', isProse: true as const },
    ],
  ];
  const rows = timeline.map(({ eventType, revision, at, status, note }) => [
    ...[eventType, revision, moment(at), status, note ?? '–'],
  ]);
  return table('Oldest first', head, rows);
}
