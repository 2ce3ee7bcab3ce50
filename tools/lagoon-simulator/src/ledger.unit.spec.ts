import { VirtualClock } from '@uplift/runtime/testing';
import type { PreparedDocument } from './graphql/graphql-engine';
import { Ledger, RequestRate } from './ledger';

const document = (label: string, field: string, count = 1): PreparedDocument => ({
  document: { kind: 'Document', definitions: [] } as unknown as PreparedDocument['document'],
  label,
  fields: new Map([[field, count]]),
  answerKeys: [field],
  errors: [],
});

const ledgerOf = (capacity: number) => new Ledger(capacity, new VirtualClock());

describe('the ledger', () => {
  it('counts every call and keeps only the latest', () => {
    const ledger = ledgerOf(3);
    for (let n = 1; n <= 10; n += 1) {
      ledger.record(document('query Poll', 'environmentById', 50), { n }, 'answered');
    }
    const page = ledger.page(100);
    expect(page.total).toBe(10);
    expect(page.requests).toEqual({ 'query Poll': 10 });
    expect(page.fields).toEqual({ environmentById: 500 });
    expect(page.calls.map(({ n }) => n)).toEqual([8, 9, 10]);
    expect(ledger.page(1).calls.map(({ n }) => n)).toEqual([10]);
    expect(ledger.page(0).calls).toEqual([]);
  });

  it('names the builds of each marker', () => {
    const ledger = ledgerOf(3);
    ledger.onBuild({ bulkName: 'a', name: 'lagoon-build-1' });
    ledger.onBuild({ bulkName: 'a', name: 'lagoon-build-2' });
    ledger.onBuild({ bulkName: null, name: 'lagoon-build-3' });
    expect(ledger.page(0).buildsByBulkName).toEqual({ a: ['lagoon-build-1', 'lagoon-build-2'] });
  });

  it('names the tasks, cancels and variable writes', () => {
    const ledger = ledgerOf(0);
    ledger.onTask({ name: 'marker pre', taskName: 'lagoon-task-1' });
    ledger.onTask({ name: 'marker pre', taskName: 'lagoon-task-2' });
    ledger.onCancel('lagoon-build-1');
    for (const environment of ['main', 'main', null]) {
      ledger.onVariableWrite(['app', environment, 'COLOUR']);
    }
    const page = ledger.page(0);
    expect(page.tasksByName).toEqual({ 'marker pre': ['lagoon-task-1', 'lagoon-task-2'] });
    expect(page.cancels).toEqual({ 'lagoon-build-1': 1 });
    expect(page.variableWrites).toEqual({ 'app/main/COLOUR': 2, 'app//COLOUR': 1 });
  });

  it('starts from nothing once cleared', () => {
    const ledger = ledgerOf(3);
    ledger.record(document('query Poll', 'x'), {}, 'outage');
    ledger.onBuild({ bulkName: 'a', name: 'lagoon-build-1' });
    ledger.onTask({ name: 'a', taskName: 'lagoon-task-1' });
    ledger.onCancel('lagoon-build-1');
    ledger.onVariableWrite(['app', 'main', 'COLOUR']);
    ledger.recordProbe();
    ledger.clear();
    expect(ledger.page(100)).toEqual(ledgerOf(3).page(100));
  });
});

const at = (second: number, ms = 0) => new Date(second * 1000 + ms).toISOString();

describe('the request rate', () => {
  it('counts by second and remembers the busiest', () => {
    const rate = new RequestRate();
    for (const ms of [0, 500, 999]) rate.count(at(1, ms));
    rate.count(at(2));
    expect(Object.values(rate.bySecond())).toEqual([3, 1]);
    expect(rate.busiest).toBe(3);
  });

  it('keeps an hour of seconds, and the busiest of all', () => {
    const rate = new RequestRate();
    rate.count(at(0));
    for (let second = 0; second < 4000; second += 1) rate.count(at(second));
    expect(Object.keys(rate.bySecond())).toHaveLength(3600);
    expect(rate.busiest).toBe(2);
  });
});
