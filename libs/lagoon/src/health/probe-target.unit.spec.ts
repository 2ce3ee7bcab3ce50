import { ProbeTargetRefusedError } from './health-probe.port';
import { probeTarget } from './probe-target';

describe('a probe target is an https address of a named host', () => {
  it.each(['https://app.example.com', 'https://app.example.com:443/health?full=1'])('%s', (url) => {
    expect(probeTarget(url, {}).loopback).toBe(false);
  });

  it.each([
    'http://app.example.com/',
    'ftp://app.example.com/',
    'file:///etc/passwd',
    'https://app.example.com:8443/',
    'https://user@app.example.com/',
    'https://user:secret@app.example.com/',
    'https://127.0.0.1/',
    'https://0x7f000001/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://017700000001/',
    'https://127.1/',
    'https://127.0.0.1./',
    'https://0/',
    'https://１２７.０.０.１/',
    'https://169.254.169.254/latest/meta-data',
    'https://10.0.0.1/',
    'https://8.8.8.8/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[fd00::1]/',
    'https://[64:ff9b::7f00:1]/',
    'http://127.0.0.1:3000/',
    'http://localhost:3000/',
    'not a url',
    `https://app.example.com/${'x'.repeat(2048)}`,
  ])('refuses %s', (url) => {
    expect(() => probeTarget(url, {})).toThrow(ProbeTargetRefusedError);
  });

  it.each(['http://127.0.0.1:3000/', 'http://localhost:3000/x'])(
    'permits %s only where loopback is allowed',
    (url) => expect(probeTarget(url, { allowLoopback: true }).loopback).toBe(true),
  );

  it.each(['https://127.0.0.1/', 'http://127.0.0.2/', 'http://[::1]/', 'http://u@localhost/'])(
    'refuses %s even then',
    (url) => {
      expect(() => probeTarget(url, { allowLoopback: true })).toThrow(ProbeTargetRefusedError);
    },
  );

  it.each([
    ['https://a.example.com/', true],
    ['https://a.example.com./', true],
    ['https://example.com.evil.net/', false],
    ['https://evilexample.com/', false],
  ])('with an allowed suffix, %s: %s', (url, allowed) => {
    const check = () => probeTarget(url, { allowedSuffixes: ['example.com'] });
    if (allowed) expect(check().url.href).toBe(url);
    else expect(check).toThrow(ProbeTargetRefusedError);
  });

  it('never repeats the address in its refusal', () => {
    expect(() => probeTarget('https://u:canary@x.example.com', {})).not.toThrow(/canary/);
    expect(() => probeTarget('https://u:canary@x.example.com', {})).toThrow(/credentials/);
  });
});
