import { buildSchema, parse, validate } from 'graphql';
import { ALL_DOCUMENTS, BATCH_DOCUMENTS } from '@uplift/lagoon';
import { LAGOON_SDL } from '../../../tools/lagoon-simulator/src';

const schema = buildSchema(LAGOON_SDL);
const { DEPLOYMENTS_OF_MANY, FIND_ENVIRONMENTS } = BATCH_DOCUMENTS;
const texts = [
  ...ALL_DOCUMENTS.map(({ name, text }) => [name, text] as const),
  ...[1, 25, 50].map((count) => [`${count} look-ups`, DEPLOYMENTS_OF_MANY.text(count)] as const),
  ...[1, 25, 50].map((count) => [`${count} targets`, FIND_ENVIRONMENTS.text(count)] as const),
];

describe("the adapter's documents fit Lagoon's schema", () => {
  it('has one document for every operation, each under its own name', () => {
    const names = ALL_DOCUMENTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(19);
    for (const { name, text } of ALL_DOCUMENTS)
      expect(text).toMatch(new RegExp(`^\\w+ ${name}\\b`));
  });

  it.each(texts)('%s', (_name, text) => {
    expect(validate(schema, parse(text))).toEqual([]);
  });

  it('answers as many slots as it was asked for, and no more than a request may hold', () => {
    const slots = (text: string) => text.match(/^s\d+:/gm)?.length;
    expect(slots(DEPLOYMENTS_OF_MANY.text(DEPLOYMENTS_OF_MANY.size))).toBe(50);
    expect(slots(FIND_ENVIRONMENTS.text(FIND_ENVIRONMENTS.size))).toBe(50);
  });

  it("names the types of its inputs as Lagoon's schema does", () => {
    const named = ALL_DOCUMENTS.flatMap(({ text }) => {
      const types = [...(/\$input: (\w+)!/.exec(text) ?? [])].slice(1);
      return types.map((type) => [/\{ ?\s*(\w+)\(input/.exec(text)?.[1], type]);
    });
    expect(Object.fromEntries(named)).toEqual({
      deployEnvironmentLatest: 'DeployEnvironmentLatestInput',
      deployEnvironmentBranch: 'DeployEnvironmentBranchInput',
      deployEnvironmentPromote: 'DeployEnvironmentPromoteInput',
      cancelDeployment: 'CancelDeploymentInput',
      addTask: 'TaskInput',
      cancelTask: 'CancelTaskInput',
      addOrUpdateEnvVariableByName: 'EnvVariableByNameInput',
      idleOrUnidleEnvironment: 'IdleEnvironmentInput',
    });
  });

  it('puts no value into a document, only variables', () => {
    const fixed = /includeDeleted: false|limit: 1\b|\b[selnp]\d+\b/g;
    for (const [, text] of texts) expect(text.replace(fixed, '')).not.toMatch(/["\d]|true|false/);
  });
});
