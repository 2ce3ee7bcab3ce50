import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from './configuration';
import { loadSettingsFile } from './settings-file';

describe('the settings file of the command line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'uplift-settings-'));
  const path = join(folder, 'config.env');
  afterAll(() => rmSync(folder, { recursive: true }));

  const loaded = (text: string, environment: Record<string, string> = {}, mode = 0o600) => {
    writeFileSync(path, text);
    chmodSync(path, mode);
    const all: Record<string, string | undefined> = { ...environment, UPLIFT_CONFIG_PATH: path };
    loadSettingsFile(all);
    return all;
  };
  const problemsOf = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      if (error instanceof ConfigurationError) return error.problems;
      throw error;
    }
    return [];
  };

  it('says what the environment does not', () => {
    const text = '# where it is\nUPLIFT_API_URL=https://a.example\nUPLIFT_OUTPUT="json"\n';
    expect(loaded(text, { UPLIFT_API_URL: 'http://b.example' })).toMatchObject({
      UPLIFT_API_URL: 'http://b.example',
      UPLIFT_OUTPUT: 'json',
    });
  });

  it('stands behind a secret of the environment, in whatever form that is given', () => {
    expect(loaded('UPLIFT_TOKEN=old', { UPLIFT_TOKEN_FILE: '/t' })).not.toHaveProperty(
      'UPLIFT_TOKEN',
    );
    expect(loaded('UPLIFT_TOKEN_FILE=/t', { UPLIFT_TOKEN: 'new' })).not.toHaveProperty(
      'UPLIFT_TOKEN_FILE',
    );
  });

  it('holds secrets only where nobody else may read it, and never shows them', () => {
    expect(loaded('UPLIFT_TOKEN=s3cret')).toMatchObject({ UPLIFT_TOKEN: 's3cret' });
    expect(problemsOf(() => loaded('UPLIFT_TOKEN=s3cret', {}, 0o640))).toEqual([
      `${path}: it holds UPLIFT_TOKEN, and others may read it: chmod 600 ${path}`,
    ]);
    expect(loaded('UPLIFT_TOKEN_FILE=/t\nUPLIFT_OUTPUT=json', {}, 0o644)).toMatchObject({
      UPLIFT_TOKEN_FILE: '/t',
    });
  });

  it('names what is no setting', () => {
    expect(problemsOf(() => loaded('UPLIFT_API_ULR=x\nPATH=/tmp'))).toEqual([
      `${path}: PATH is not a setting of Uplift`,
      `${path}: UPLIFT_API_ULR is not a setting of Uplift`,
    ]);
  });

  it('may be missing where nobody named it', () => {
    const missing = join(folder, 'none.env');
    expect(problemsOf(() => loadSettingsFile({ UPLIFT_CONFIG_PATH: missing }))).toEqual([
      expect.stringContaining('cannot be read'),
    ]);
    expect(problemsOf(() => loadSettingsFile({ HOME: folder }))).toEqual([]);
  });
});
