import { Stack } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';

/** Within which a loop that stands still is noticed. */
const NOTICED_MS = 60_000;

interface HealthPage {
  readonly degraded?: Readonly<Record<string, string>>;
}

describe('a command API beside a watchdog, both as processes', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await Stack.start({
      infrastructure: ['eventstore', 'nats', 'lagoon'],
      services: ['command-api', 'watchdog'],
    });
  });
  afterAll(() => stack.stop());

  const health = async () => {
    const response = await fetch(`${stack.apiUrl}/health/ready`);
    const page = (await response.json()) as HealthPage;
    expect({ ...page, status: response.status }).toMatchObject({ status: 200, reasons: {} });
    return page.degraded?.watchdog;
  };

  it('says in its health page that the watchdog is frozen, and stays ready', async () => {
    const watchdog = stack.service('watchdog');
    await eventually(async () => expect(await health()).toBeUndefined());

    watchdog.signal('SIGSTOP');
    await eventually(async () => expect(await health()).toMatch(/does not answer$/), NOTICED_MS);
    watchdog.signal('SIGCONT');

    await eventually(async () => expect(await health()).toBeUndefined(), NOTICED_MS);
  });
});
