import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InFlightStatus, InstanceEvent, InstanceEventType } from '@uplift/domain';
import { evolve, fold, FOLD_VERSION, instanceDecider, isLegalIn, LIFECYCLE } from '@uplift/domain';
import { event, HISTORY_INTO } from '@uplift/domain/testing';
import { canonicalJson } from '@uplift/event-store';
import { goldenEvents } from './golden-events';

const RECORDED = JSON.parse(readFileSync(join(__dirname, 'fold-checksums.json'), 'utf8')) as Record<
  string,
  Record<string, string>
>;

/** As it was stored first: golden files never change. */
function golden(type: InstanceEventType): InstanceEvent {
  const first = goldenEvents().find(({ file }) => file === `${type}.v1.json`);
  return { type, data: first?.stored.data } as InstanceEvent;
}

/** Of the states that an event leads to from each status of an upgrade, and from rest. */
function checksum(type: InstanceEventType): string {
  const histories = Object.keys(HISTORY_INTO).map(
    (status) => HISTORY_INTO[status as InFlightStatus],
  );
  const atRest = [event('InstanceRegistered')];
  const afterFailure = [...HISTORY_INTO['upgrade-running'], event('UpgradeFailed')];
  const states = [...histories, atRest, afterFailure].flatMap((history) => {
    const state = fold(instanceDecider, history);
    const isLegal = state.kind !== 'absent' && isLegalIn(state.status, type);
    return isLegal ? [evolve(state, golden(type))] : [];
  });
  return createHash('sha256').update(canonicalJson(states)).digest('hex').slice(0, 16);
}

test('events come to what they came to when snapshots of this fold version were taken', () => {
  const types = Object.keys(LIFECYCLE) as InstanceEventType[];
  const present = Object.fromEntries(types.sort().map((type) => [type, checksum(type)]));
  // A row that differs: raise FOLD_VERSION, and record its rows. A row that is missing: record it.
  expect(present).toEqual(RECORDED[FOLD_VERSION]);
});
