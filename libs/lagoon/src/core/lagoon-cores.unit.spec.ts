import { InMemoryLagoon } from '../testing/in-memory.lagoon';
import { CONTEXT, NOBODY, RULES } from '../testing/guarded-fixture';
import { NamedLagoonCores, SingleLagoonCore, UnknownCoreError } from './lagoon-cores';
import type { GuardRules } from './open-cores';
import { openCores } from './open-cores';
import { UNLIMITED, unguardedCore } from '../testing/unguarded-core';

class ClosingLagoon extends InMemoryLagoon {
  closed = 0;

  override close(): Promise<void> {
    this.closed += 1;
    return super.close();
  }
}

const options = (name: string, url = 'https://lagoon.example.com/graphql') => ({
  name,
  url,
  token: { kind: 'fixed', token: 't' } as const,
  requestsPerSecond: 0,
  settings: UNLIMITED,
});

const rules: GuardRules = RULES;
const context = { ...CONTEXT, observerOf: () => NOBODY };

describe('several cores', () => {
  it('are each found under their own name, and no other', () => {
    const [eu, us] = ['eu', 'us'].map((name) => unguardedCore(new InMemoryLagoon(), { name }));
    const cores = new NamedLagoonCores([eu!, us!]);
    expect(cores.of('us')).toBe(us);
    expect(cores.names).toEqual(['eu', 'us']);
    expect(() => cores.of('au')).toThrow(UnknownCoreError);
    expect(() => cores.of('au')).toThrow('The Lagoon core "au" is not configured');
  });

  it('are all closed', async () => {
    const lagoons = [new ClosingLagoon(), new ClosingLagoon()];
    const cores = lagoons.map((lagoon, n) => unguardedCore(lagoon, { name: `core-${n}` }));
    await new NamedLagoonCores(cores).close();
    expect(lagoons.map(({ closed }) => closed)).toEqual([1, 1]);
  });
});

describe('a single core', () => {
  it('serves every name', async () => {
    const lagoon = new ClosingLagoon();
    const core = unguardedCore(lagoon);
    const cores = new SingleLagoonCore(core);
    expect(cores.of()).toBe(core);
    expect(cores.names).toEqual(['default']);
    await cores.close();
    expect(lagoon.closed).toBe(1);
  });
});

describe('cores as they are configured', () => {
  it('are opened by name or for every name', async () => {
    const named = openCores({ byName: [options('eu'), options('us')] }, rules, context);
    expect(named.names).toEqual(['eu', 'us']);
    expect(named.of('eu').breaker).toMatchObject({ state: 'closed', outage: null });
    const single = openCores({ forEveryName: options('default') }, rules, context);
    expect(single.of('anything').name).toBe('default');
    await Promise.all([named.close(), single.close()]);
  });

  it('are not spoken to in the clear', () => {
    const cores = { forEveryName: options('default', 'http://lagoon.example.com/graphql') };
    expect(() => openCores(cores, rules, context)).toThrow(TypeError);
  });
});
