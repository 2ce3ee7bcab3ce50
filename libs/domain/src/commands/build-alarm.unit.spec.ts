import { command, event, BUILD } from '../testing/examples';
import { given, HISTORY_INTO, upTo } from '../testing/histories';

const NEWER = 'lagoon-build-zzz';
const requested = upTo('DeploymentRequested');
const accepted = upTo('DeploymentAccepted');
const progressed = upTo('DeploymentProgressed');
const adopting = event('DuplicateBuildDetected', { builds: [NEWER, BUILD] });

describe.each([
  ['ReportInvisibleBuild', 'BuildNotVisible'],
  ['ReportUnstartedBuild', 'BuildNotStarted'],
] as const)('%s', (report, alarm) => {
  it('is told of a build that is followed', () => {
    given(...accepted)
      .when(command(report))
      .then(event(alarm));
  });

  it('is told once', () => {
    given(...accepted, event(alarm))
      .when(command(report, { since: '2026-03-01T11:00:00.000Z' }))
      .thenNothing();
  });

  it('is told beside another alarm', () => {
    const other = alarm === 'BuildNotVisible' ? 'BuildNotStarted' : 'BuildNotVisible';
    given(...accepted, event(other))
      .when(command(report))
      .then(event(alarm));
  });

  it('is quiet about a build that is not followed any more', () => {
    given(...accepted, adopting)
      .when(command(report))
      .thenNothing();
  });

  it('is told anew of the build that is followed instead', () => {
    given(...accepted, event(alarm), adopting)
      .when(command(report, { buildName: NEWER }))
      .then(event(alarm, { buildName: NEWER }));
  });

  it('is refused before a build is known', () => {
    given(...requested)
      .when(command(report))
      .thenRefused('step-not-reached');
  });

  it('is quiet when the deployment has ended', () => {
    given(...HISTORY_INTO['pending-post-upgrade'])
      .when(command(report))
      .thenNothing();
  });
});

describe('SupersedeDeployment', () => {
  const superseded = event('DeploymentSuperseded');

  it('names the build that took the place of ours', () => {
    given(...accepted)
      .when(command('SupersedeDeployment'))
      .then(superseded);
  });

  it('is told once of each such build', () => {
    given(...accepted, superseded)
      .when(command('SupersedeDeployment'))
      .thenNothing();
    given(...accepted, superseded)
      .when(command('SupersedeDeployment', { by: 'lagoon-build-third' }))
      .then(event('DeploymentSuperseded', { by: 'lagoon-build-third' }));
  });

  it('is refused before a build is known', () => {
    given(...requested)
      .when(command('SupersedeDeployment'))
      .thenRefused('step-not-reached');
  });

  it('is quiet when the deployment has ended', () => {
    given(...HISTORY_INTO['pending-post-upgrade'])
      .when(command('SupersedeDeployment'))
      .thenNothing();
  });
});

describe('RecordDuplicateBuilds', () => {
  const duplicate = event('DuplicateBuildDetected');

  it('records that one attempt has two builds', () => {
    given(...accepted)
      .when(command('RecordDuplicateBuilds'))
      .then(duplicate);
  });

  it('records it also before a build is accepted', () => {
    given(...requested)
      .when(command('RecordDuplicateBuilds'))
      .then(duplicate);
  });

  it('is quiet when these builds are known', () => {
    given(...accepted, duplicate)
      .when(command('RecordDuplicateBuilds'))
      .thenNothing();
  });

  it('records a third build', () => {
    const builds = ['lagoon-build-third', ...duplicate.data.builds];
    given(...accepted, duplicate)
      .when(command('RecordDuplicateBuilds', { builds }))
      .then(event('DuplicateBuildDetected', { builds }));
  });

  it('follows the newest from there on, of which nothing was seen yet', () => {
    const seen = { status: 'queued', buildStep: null };
    given(...progressed, adopting)
      .when(command('ProgressDeployment', seen))
      .then(event('DeploymentProgressed', seen));
  });

  it('goes on with what was seen when the newest is the one that is followed', () => {
    given(...progressed, duplicate)
      .when(command('ProgressDeployment', { status: 'queued', buildStep: null }))
      .thenNothing();
  });

  it('without a single build changes nothing of what is followed', () => {
    given(...accepted, event('DuplicateBuildDetected', { builds: [] }))
      .when(command('ReportInvisibleBuild'))
      .then(event('BuildNotVisible'));
  });

  it('is refused before the stage has begun', () => {
    given(...HISTORY_INTO['pending-upgrade'])
      .when(command('RecordDuplicateBuilds'))
      .thenRefused('step-not-reached');
  });

  it('is quiet when the deployment has ended', () => {
    given(...HISTORY_INTO['pending-post-upgrade'])
      .when(command('RecordDuplicateBuilds'))
      .thenNothing();
  });
});
