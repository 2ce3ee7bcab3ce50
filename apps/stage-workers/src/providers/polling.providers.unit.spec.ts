import { LagoonUnauthenticatedError, LagoonUnavailableError } from '@uplift/lagoon';
import { VirtualClock } from '@uplift/runtime/testing';
import { pollTroubles } from './polling.providers';

test('what is wrong with polling a core is said once a minute, each kind by itself', async () => {
  const clock = new VirtualClock();
  const said: unknown[] = [];
  const warn = (line: { core: string; err: { code: string } }) =>
    void said.push([line.core, line.err.code]);
  const told = pollTroubles({ warn }, clock);
  const away = new LagoonUnavailableError('away');
  const locked = new LagoonUnauthenticatedError('locked');
  for (const error of [away, away, locked, locked]) told(error, 'eu-1');
  told(away, 'us-1');
  expect(said).toEqual([
    ['eu-1', 'lagoon-unavailable'],
    ['eu-1', 'lagoon-unauthenticated'],
    ['us-1', 'lagoon-unavailable'],
  ]);
  await clock.advance(60_000);
  told(away, 'eu-1');
  expect(said).toHaveLength(4);
});
