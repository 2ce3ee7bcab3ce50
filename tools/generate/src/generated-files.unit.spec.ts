import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  INSTANCE_STATUSES,
  LIFECYCLE,
  REASON_CLASSES,
  REASONS,
  REFUSAL_CAUSES,
  RESOLUTION_REFUSALS,
} from '@uplift/domain';
import { generatedFiles, staleFiles, writeFiles } from './generated-files';
import type { RefusalCause } from '@uplift/lagoon';
import { lifecyclePage } from './lifecycle-page';
import { reasonsPage } from './reasons-page';

describe('generated files', () => {
  const files = generatedFiles();
  let root = '';

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'uplift-generate-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it('are all stale in an empty folder, and none after they were written', () => {
    expect(staleFiles(root, files)).toEqual(files.map(({ path }) => path));
    writeFiles(root, files);
    expect(staleFiles(root, files)).toEqual([]);
  });

  it('are stale when somebody edits one', () => {
    writeFiles(root, files);
    writeFileSync(join(root, 'docs/lifecycle.md'), 'my own words');
    expect(staleFiles(root, files)).toEqual(['docs/lifecycle.md']);
  });

  it('do not outlive their source', () => {
    writeFiles(root, files);
    const forgotten = 'contracts/schemas/instance.upgrade-invented.v1.json';
    writeFileSync(join(root, forgotten), '{}');
    expect(staleFiles(root, files)).toEqual([forgotten]);
    expect(writeFiles(root, files)).toEqual([forgotten]);
    expect(staleFiles(root, files)).toEqual([]);
  });
});

describe('the lifecycle page', () => {
  const page = lifecyclePage();

  it('has a row for every event and every status', () => {
    expect(page).toContain(
      '| `PreUpgradeStarted` | `pending-pre-upgrade` | `pre-upgrade-running` | pre-upgrade | step |',
    );
    expect(page.split('\n').filter((line) => line.startsWith('| `'))).toHaveLength(
      Object.keys(LIFECYCLE).length + INSTANCE_STATUSES.length,
    );
  });

  it('draws the path from the first request back to where it began', () => {
    expect(page).toContain('running_healthy_claimed --> pending_pre_upgrade : UpgradeRequested');
    expect(page).toContain(
      'post_upgrade_completed --> running_healthy_claimed : InstanceVerifiedHealthy',
    );
  });
});

describe('the page of reasons', () => {
  const page = reasonsPage();

  it('has a row for every class, reason and cause of a refusal', () => {
    // Fails to compile when the adapter names a cause that the table does not know.
    const causes: Record<RefusalCause, unknown> = REFUSAL_CAUSES;
    const rows = [REASON_CLASSES, REASONS, causes, RESOLUTION_REFUSALS].flatMap((table) =>
      Object.keys(table),
    );
    const written = page.split('\n').filter((line) => /^\| (<a id="[\w-]+"><\/a>)?`/.test(line));
    expect(written).toHaveLength(rows.length);
    rows.forEach((name) => expect(page).toContain(`\`${name}\` |`));
  });

  it('says what to do, and how old histories call it', () => {
    expect(page).toContain(
      '| <a id="deployment-active"></a>`deployment-active` | `busy` | a build of somebody else was under way in the environment | may help | retry when it has ended | `no-active-deployment` |',
    );
  });
});
