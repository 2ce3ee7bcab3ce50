import { goEnvironment } from './nats-release';

describe('the environment of go install', () => {
  it('builds for this machine, whatever the caller builds for', () => {
    const caller = { GOOS: 'windows', GOARCH: 'arm', GOWORK: '/w', GOFLAGS: '-mod=vendor' };
    expect(goEnvironment('/bin', { ...caller, GOTOOLCHAIN: 'local', GOPROXY: 'p' })).toEqual({
      GOBIN: '/bin',
      GOFLAGS: '-mod=mod',
      GOTOOLCHAIN: 'auto',
      CGO_ENABLED: '0',
      GOPROXY: 'p',
    });
  });
});
