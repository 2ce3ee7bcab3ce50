import type { Mutant } from '../mutant';

const WORKERS = 'apps/stage-workers/src';
const UPGRADE = `${WORKERS}/stages/upgrade/upgrade.stage.unit.spec.ts`;
const QUIRKS = `${WORKERS}/stages/polling/build-quirks.unit.spec.ts`;
const GUARDED = 'libs/lagoon/src/core/guarded.lagoon.unit.spec.ts';
const PROPERTIES = 'libs/domain/src/commands/instance.properties.unit.spec.ts';

/** Calls to Lagoon. */
export const EFFECT_MUTANTS: readonly Mutant[] = [
  {
    id: 'second-call-without-a-look-up',
    breaks: ['I-13'],
    what: 'a call whose answer was lost is made again without a look-up',
    file: `${WORKERS}/effects/effect-protocol.ts`,
    search: 'const finding = await reconcile(effect, { ...this.options, stop }, this.ports.clock);',
    replacement:
      "const finding = { kind: 'not-landed', lookUps: 0, waitedMs: 0 } as Awaited<ReturnType<typeof reconcile<Trace>>>;",
    test: { spec: UPGRADE, name: 'adopts the build of a call whose answer was lost' },
  },
  {
    id: 'call-without-a-look-up-after-a-loss',
    breaks: ['I-13'],
    what: 'a call that a lost history may have made before is made without a look-up',
    file: `${WORKERS}/effects/effect-protocol.ts`,
    search: 'mayBeThere ? lookingFirst(effect) : effect,',
    replacement: 'mayBeThere ? effect : effect,',
    test: {
      spec: `${WORKERS}/effects/effect-protocol.unit.spec.ts`,
      name: 'costs one look-up where there is nothing',
    },
  },
  {
    id: 'settle-window-ignored',
    breaks: ['I-13'],
    what: 'a call counts as not landed while it may still land',
    file: `${WORKERS}/effects/reconciler.ts`,
    search: 'now - firstMiss >= notFoundGapMs && now - since >= settleWindowMs;',
    replacement: 'now - firstMiss >= notFoundGapMs;',
    test: {
      spec: `${WORKERS}/effects/reconciler.unit.spec.ts`,
      name: 'is not proved to have had no effect before the settle window is over',
    },
  },
  {
    id: 'one-look-up-proves-absence',
    breaks: ['I-13'],
    what: 'a single look-up that finds nothing proves that a call did not land',
    file: `${WORKERS}/effects/reconciler.ts`,
    search: 'if (isProved && lookUps > 1) {',
    replacement: 'if (isProved || lookUps > 0) {',
    test: {
      spec: `${WORKERS}/effects/reconciler.unit.spec.ts`,
      name: 'is not proved to have had no effect by one look-up',
    },
  },
  {
    id: 'failed-look-up-is-absence',
    breaks: ['I-13', 'I-18'],
    what: 'a look-up that fails counts as "not found"',
    file: `${WORKERS}/effects/reconciler.ts`,
    search: 'const [newest, ...older] = await effect.lookUp(stop);',
    replacement: 'const [newest, ...older] = await effect.lookUp(stop).catch(() => [] as Trace[]);',
    test: { spec: UPGRADE, name: 'does not take a failed look-up for "not found"' },
  },
  {
    id: 'lease-ignored',
    breaks: ['I-13'],
    what: 'a call starts however long ago its intent was written',
    file: `${WORKERS}/effects/leased-call.ts`,
    search: 'if (clock.monotonic() - intentAt > leaseMs) return null;',
    replacement: 'if (clock.monotonic() < intentAt - leaseMs) return null;',
    test: {
      spec: UPGRADE,
      name: 'does not call under an intent whose lease is over: it says so, and asks anew',
    },
  },
  {
    id: 'call-under-the-intent-of-another',
    breaks: ['I-13'],
    what: 'a worker calls under an intent that another one wrote',
    file: `${WORKERS}/effects/effect-protocol.ts`,
    search: 'let own = intent;',
    replacement: 'let own: OwnIntent | null = intent ?? { at: this.ports.clock.monotonic() };',
    test: { spec: UPGRADE, name: 'reconciles the intent of a dead predecessor instead of calling' },
  },
  {
    id: 'third-call',
    breaks: ['I-13'],
    what: 'after two calls that may have landed a third one is made',
    file: 'libs/domain/src/commands/call.commands.ts',
    search: 'export const MOST_CALLS = 2;',
    replacement: 'export const MOST_CALLS = 3;',
    test: { spec: UPGRADE, name: 'never calls a third time: the outcome is unknown then' },
  },
  {
    id: 'retry-while-an-outcome-is-unknown',
    breaks: ['I-13'],
    what: 'an operator’s retry deploys while an earlier call has no outcome',
    file: 'libs/domain/src/commands/recovery.commands.ts',
    search:
      'refuseUnsettled(ended);\n    const { strategy, target } = planOf(data, ended.workOrder);',
    replacement: 'const { strategy, target } = planOf(data, ended.workOrder);',
    test: {
      spec: PROPERTIES,
      name: 'is never asked for while an earlier attempt has an intent without an outcome',
    },
  },
  {
    id: 'deployed-again-by-a-retry',
    breaks: ['I-13'],
    what: 'a retry deploys again what is deployed already',
    file: 'libs/domain/src/commands/recovery.commands.ts',
    search: 'if (deploysAgain) throw new AlreadyDeployedError(workOrder.deployed.buildName);',
    replacement: 'void (deploysAgain && AlreadyDeployedError);',
    test: {
      spec: 'libs/domain/src/commands/recovery.commands.unit.spec.ts',
      name: 'does not deploy what is deployed already, unless it is asked to',
    },
  },
  {
    id: 'build-of-another-attempt-adopted',
    breaks: ['I-13', 'I-14'],
    what: 'any build of the environment counts as the one of the call',
    file: `${WORKERS}/effects/deploy.effect.ts`,
    search: 'rows.filter(({ bulkName }) => bulkName === marker)',
    replacement: 'rows.filter(({ bulkName }) => bulkName !== marker || bulkName === marker)',
    test: {
      spec: `${WORKERS}/effects/effect-protocol.unit.spec.ts`,
      name: 'is not known by the build of somebody else',
    },
  },
  {
    id: 'duplicate-not-recorded',
    breaks: ['I-14'],
    what: 'two builds of one attempt are not told of',
    file: `${WORKERS}/stages/polling/duplicate-builds.ts`,
    search: 'await this.record([...new Set([...ours.map(({ name }) => name), followed])]);',
    replacement: '',
    test: {
      spec: QUIRKS,
      name: 'are found at one look: the newest is followed, the other stopped while it waits',
    },
  },
  {
    id: 'begun-duplicate-stopped',
    breaks: ['I-14'],
    what: 'a duplicate build that has begun is cancelled half-way',
    file: `${WORKERS}/stages/polling/duplicate-builds.ts`,
    search: "const NOT_BEGUN = ['new', 'queued'];",
    replacement: "const NOT_BEGUN = ['new', 'queued', 'pending', 'running'];",
    test: { spec: QUIRKS, name: 'are left alone once they have begun' },
  },
  {
    id: 'call-before-the-intent',
    breaks: ['I-15'],
    what: 'Lagoon is called before the intent is in the store',
    file: `${WORKERS}/stages/upgrade/upgrade.stage.ts`,
    search: 'const data = { ...session.attempt, worker: this.options.worker, bulkId };',
    replacement: `await new DeployEffect(core, session.workOrder, bulkId).send(signal);
    const data = { ...session.attempt, worker: this.options.worker, bulkId };`,
    test: { spec: UPGRADE, name: 'does not call before the intent is stored' },
  },
  {
    id: 'intent-for-granted',
    breaks: ['I-15'],
    what: 'an intent that could not be appended, because somebody was faster, counts as written',
    file: `${WORKERS}/effects/effect-protocol.ts`,
    search: "return (await session.submit(command)) === 'appended' ? { at } : null;",
    replacement: 'await session.submit(command);\n    return { at };',
    test: {
      spec: `${WORKERS}/effects/effect-protocol.unit.spec.ts`,
      name: 'is not made under an intent that another one was faster to write',
    },
  },
  {
    id: 'mutation-retried',
    breaks: ['I-19', 'I-13'],
    what: 'a mutation that was not answered is sent again',
    file: 'libs/lagoon/src/core/resilience-policy.ts',
    search: 'return this.observed<A | Refused>(operation, once, classOf);',
    replacement: `const answer = await this.observed<A | Refused>(operation, once, classOf);
      return answer.kind === 'ambiguous'
        ? this.observed<A | Refused>(operation, once, classOf)
        : answer;`,
    test: { spec: GUARDED, name: 'is sent once and answered so' },
  },
  {
    id: 'mutation-on-a-warm-connection',
    breaks: ['I-13', 'I-19'],
    what: 'a mutation goes over a connection that is kept alive, and may leave a frozen process late',
    file: 'libs/lagoon/src/graphql/graphql-transport.ts',
    search: 'return await answerOf(client.request(request));',
    replacement:
      'return await answerOf(this.warm.request({ ...request, origin: this.url.origin }));',
    test: {
      spec: 'libs/lagoon/src/graphql/graphql.lagoon.int.spec.ts',
      name: 'sends every mutation on a connection of its own',
    },
  },
];
