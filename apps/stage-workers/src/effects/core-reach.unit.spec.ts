import type { BreakerState } from '@uplift/lagoon';
import { InMemoryLagoon, unguardedCore } from '@uplift/lagoon/testing';
import { proveReachable } from './core-reach';

type Breaker = Record<'state', BreakerState> & Record<'openSince', number | null>;

/** A core that counts as away until it is asked, if it is back. */
class AskedLagoon extends InMemoryLagoon {
  asked = 0;

  constructor(
    private readonly breaker: Breaker,
    private readonly isBack: boolean,
  ) {
    super();
  }

  override ping(): Promise<string> {
    this.asked += 1;
    if (this.isBack) Object.assign(this.breaker, { state: 'closed', openSince: null });
    return super.ping();
  }
}

function coreThat(state: BreakerState, isBack: boolean) {
  const breaker: Breaker = { state, openSince: state === 'closed' ? null : 5 };
  const lagoon = new AskedLagoon(breaker, isBack);
  return { lagoon, core: unguardedCore(lagoon, { name: 'eu-1', breaker }) };
}

describe('a core', () => {
  it('that counts as there is not asked', async () => {
    const { lagoon, core } = coreThat('closed', true);
    await proveReachable(core);
    expect(lagoon.asked).toBe(0);
  });

  it('that counts as away is tried, and is there when it answers', async () => {
    const { lagoon, core } = coreThat('open', true);
    await proveReachable(core);
    expect(lagoon.asked).toBe(1);
  });

  it('that still counts as away stands in the way of everything', async () => {
    const { core } = coreThat('half-open', false);
    await expect(proveReachable(core)).rejects.toMatchObject({ core: 'eu-1', since: 5 });
  });
});
