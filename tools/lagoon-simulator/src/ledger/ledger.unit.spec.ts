import type { PreparedDocument } from '../graphql/prepared-document';
import { Ledger } from './ledger';

const document = (label: string, field: string, count = 1): PreparedDocument => ({
  document: { kind: 'Document', definitions: [] } as unknown as PreparedDocument['document'],
  label,
  isMutation: label.startsWith('mutation'),
  fields: new Map([[field, count]]),
  answerKeys: [field],
  errors: [],
});

describe('the ledger', () => {
  it('counts every call and keeps only the latest', () => {
    const ledger = new Ledger(3);
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
    const ledger = new Ledger(3);
    ledger.recordBuild('a', 'lagoon-build-1');
    ledger.recordBuild('a', 'lagoon-build-2');
    ledger.recordBuild(null, 'lagoon-build-3');
    expect(ledger.page(0).buildsByBulkName).toEqual({ a: ['lagoon-build-1', 'lagoon-build-2'] });
  });

  it('names the tasks, cancels and variable writes', () => {
    const ledger = new Ledger(0);
    ledger.recordTask('marker pre', 'lagoon-task-1');
    ledger.recordTask('marker pre', 'lagoon-task-2');
    ledger.recordCancel('lagoon-build-1');
    for (const environment of ['main', 'main', null]) {
      ledger.recordVariableWrite(['app', environment, 'COLOUR']);
    }
    const page = ledger.page(0);
    expect(page.tasksByName).toEqual({ 'marker pre': ['lagoon-task-1', 'lagoon-task-2'] });
    expect(page.cancels).toEqual({ 'lagoon-build-1': 1 });
    expect(page.variableWrites).toEqual({ 'app/main/COLOUR': 2, 'app//COLOUR': 1 });
  });

  it('starts from nothing once cleared', () => {
    const ledger = new Ledger(3);
    ledger.record(document('query Poll', 'x'), {}, 'outage');
    ledger.recordBuild('a', 'lagoon-build-1');
    ledger.recordTask('a', 'lagoon-task-1');
    ledger.recordCancel('lagoon-build-1');
    ledger.recordVariableWrite(['app', 'main', 'COLOUR']);
    ledger.recordProbe();
    ledger.clear();
    expect(ledger.page(100)).toEqual(new Ledger(3).page(100));
  });
});
