import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';

const read = (file: string) => readFileSync(join(projectRoot(), file), 'utf8');

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly overrides: Readonly<Record<string, string>>;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { version?: string; integrity?: string }>>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const { packages } = JSON.parse(read('package-lock.json')) as Lockfile;
const { dependencies, devDependencies, optionalDependencies, overrides } = manifest;

describe('the packages that are installed', () => {
  it('are named by one exact version each', () => {
    const named = { ...dependencies, ...devDependencies, ...optionalDependencies, ...overrides };
    const loose = Object.entries(named).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  it('have a checksum each', () => {
    const without = Object.entries(packages).filter(
      ([path, { integrity }]) => path !== '' && !integrity?.startsWith('sha512-'),
    );
    expect(without).toEqual([]);
  });

  it('run no script when they are installed', () => {
    expect(read('.npmrc').split('\n')).toContain('ignore-scripts=true');
    expect(read('Dockerfile')).toContain('npm ci --ignore-scripts');
  });
});
