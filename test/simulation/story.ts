import { leftOut } from './shrink';
import type { Plan, Planned } from './plan';
import type { RunResult } from './run';

/** A failed run as a person reads it: what was planned, what happened, what was broken, how to see it again. */
export function storyOf(whole: Plan, plan: Plan, { findings, story, checksum }: RunResult): string {
  const out = leftOut(whole, plan);
  const again = `npm run simulate -- --seed ${plan.seed}${out.length > 0 ? ` --without ${out.join(',')}` : ''}`;
  return [
    `Seed ${plan.seed} breaks a promise. Again: ${again}`,
    '',
    `Processes: ${plan.layout.map(([service, count]) => `${count} × ${service}`).join(', ')}`,
    `Instances: ${plan.instances.map(({ project, instanceId }) => `${project} = ${instanceId}`).join(', ')}`,
    ...plan.planned.map((planned) => `Planned:   ${inWords(planned, plan)}`),
    '',
    'What happened (seconds of virtual time):',
    ...story.map((line) => line.replace(/ [0-9a-f]{64}$/, '')),
    '',
    ...findings.map(({ promise, subject, what }) => `BROKEN ${promise} ${subject}: ${what}`),
    `Checksum ${checksum}`,
  ].join('\n');
}

function inWords(planned: Planned, { instances }: Plan): string {
  if (planned.kind === 'step') {
    const project = instances[planned.instance]?.project;
    return `${planned.step} of ${project} at ${(planned.atMs / 1000).toFixed(1)} s`;
  }
  const { fault, stage, on, nth, delayMs, forMs } = planned;
  return `${fault} ${delayMs} ms after the ${ordinal(nth)} ${on}, or once an upgrade is in ${stage}, for ${forMs} ms if it lasts`;
}

function ordinal(n: number): string {
  return ['first', 'second', 'third'][n - 1] ?? `${n}th`;
}
