import { isDeployedFrom } from './environment-name';

const project = 'shop';
const LONG = `feature/${'a-very-long-branch-name-'.repeat(3)}1`;

describe('a branch is deployed to the environment of its name', () => {
  it.each([
    ['main', 'main'],
    ['main', 'Main'],
    ['feature/x', 'feature/x'],
    ['feature-x', 'feature/x'],
    ['release-1-2', 'Release/1.2'],
    ['feature-a-very-long-branch-name-a-very-long-branc-e2f9', LONG],
    [LONG, LONG],
  ])('%s is deployed from %s', (environment, branch) => {
    expect(isDeployedFrom({ project, environment }, branch)).toBe(true);
  });

  it.each([
    ['staging', 'main'],
    ['main', 'release/1.2'],
    ['main', ''],
    ['feature-a-very-long-branch-name-a-very-long-branch-nam', LONG],
  ])('%s is not deployed from %s', (environment, branch) => {
    expect(isDeployedFrom({ project, environment }, branch)).toBe(false);
  });
});
