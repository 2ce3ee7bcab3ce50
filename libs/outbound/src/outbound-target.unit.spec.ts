import type { TargetRules } from './outbound-target';
import { outboundTarget, TargetRefusedError } from './outbound-target';

const SUFFIX: TargetRules = { allowedSuffixes: ['example.com'] };
const refusal = (...given: Parameters<typeof outboundTarget>): string => {
  try {
    return `asks ${outboundTarget(...given).url.hostname}`;
  } catch (error) {
    if (error instanceof TargetRefusedError) return error.reason;
    throw error;
  }
};

describe('an outbound target is an https address of a named host', () => {
  it.each(['https://app.example.com', 'https://app.example.com:443/health?full=1'])('%s', (url) => {
    expect(outboundTarget(url, {}).loopback).toBe(false);
  });

  it.each<[reason: string, urls: readonly string[]]>([
    [
      'it is not https',
      [
        'http://app.example.com/',
        'ftp://app.example.com/',
        'file:///etc/passwd',
        'gopher://app.example.com/',
        'data:text/html,x',
        'javascript:alert(1)',
        'ws://app.example.com/',
        'blob:https://app.example.com/x',
        'unix:///run/docker.sock',
        'http://127.0.0.1:3000/',
        'http://localhost:3000/',
        'http://169.254.169.254/latest/meta-data',
      ],
    ],
    [
      'its port is not 443',
      [
        'https://app.example.com:8443/',
        'https://app.example.com:80/',
        'https://app.example.com:0/',
      ],
    ],
    [
      'it carries credentials',
      [
        'https://user@app.example.com/',
        'https://user:secret@app.example.com/',
        'https://:secret@app.example.com/',
        'https://app.example.com@evil.net/',
        'https://app.example.com%40@evil.net/',
        'http://user@127.0.0.1/',
      ],
    ],
    [
      'it is an IP address',
      [
        'https://8.8.8.8/',
        'https://127.0.0.1/',
        'https://127.0.0.1./',
        'https://127.0.1/',
        'https://127.1/',
        'https://0/',
        'https://0.0.0.0/',
        'https://0x7f000001/',
        'https://0x7F.0x0.0x0.0x1/',
        'https://0x7f.1/',
        'https://2130706433/',
        'https://017700000001/',
        'https://0177.0.0.1/',
        'https://00000177.0.0.1/',
        'https://127.0x1/',
        'https://１２７.０.０.１/',
        'https://127。0。0。1/',
        'https://①②⑦.⓪.⓪.①/',
        'https://%31%32%37.0.0.1/',
        'https://127.0.0.1\\@app.example.com/',
        'https://169.254.169.254/latest/meta-data',
        'https://0xa9fea9fe/',
        'https://2852039166/',
        'https://10.0.0.1/',
        'https://10.1/',
        'https://172.16.0.1/',
        'https://172.31.255.255/',
        'https://192.168.0.1/',
        'https://192.168.257/',
        'https://100.64.0.1/',
        'https://[::1]/',
        'https://[::]/',
        'https://[0:0:0:0:0:0:0:1]/',
        'https://[::ffff:127.0.0.1]/',
        'https://[::ffff:7f00:1]/',
        'https://[::127.0.0.1]/',
        'https://[fd00::1]/',
        'https://[fe80::1]/',
        'https://[64:ff9b::7f00:1]/',
        'https://[64:ff9b::127.0.0.1]/',
        'https://[2002:7f00:1::]/',
        'https://[2606:4700::1111]/',
      ],
    ],
    [
      'it is not a URL',
      [
        '',
        'not a url',
        '//app.example.com/',
        'https://',
        'https://256.256.256.256/',
        'https://1.2.3.4.5/',
        'https://[fe80::1%25eth0]/',
        'https://app example.com/',
        `https://app.example.com/${'x'.repeat(2048)}`,
      ],
    ],
  ])('%s', (reason, urls) => {
    const told = urls.map((url) => [url, refusal(url, {})]);
    expect(told).toEqual(urls.map((url) => [url, reason]));
  });

  it('never repeats the address in its refusal', () => {
    expect(refusal('https://u:canary@x.example.com', {})).not.toContain('canary');
    expect(refusal('https://canary.evil.net', SUFFIX)).not.toContain('canary');
    expect(refusal('https://canary.evil.net', {}, [])).not.toContain('canary');
  });
});

describe('a probe target on this machine', () => {
  it.each(['http://127.0.0.1:3000/', 'http://localhost:3000/x'])(
    'is %s, and only where loopback is allowed',
    (url) => {
      expect(outboundTarget(url, { allowLoopback: true }).loopback).toBe(true);
      expect(refusal(url, { allowLoopback: false })).toBe('it is not https');
    },
  );

  it.each([
    'https://127.0.0.1/',
    'http://127.0.0.2/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://0.0.0.0/',
    'http://10.0.0.1/',
    'http://169.254.169.254/',
    'http://u@localhost/',
    'http://localhost.evil.net/',
    'http://app.example.com/',
    'ftp://localhost/',
  ])('is never %s', (url) => expect(refusal(url, { allowLoopback: true })).not.toMatch(/^asks/));
});

describe('a probe target has an allowed suffix', () => {
  it.each([
    'https://a.example.com/',
    'https://a.example.com./',
    'https://A.EXAMPLE.COM/',
    'https://a.b.example.com/',
    'https://a.ｅxample.com/',
  ])('%s has', (url) => expect(refusal(url, SUFFIX)).toMatch(/^asks [ab.]+example\.com\.?$/));

  it.each([
    'https://example.com.evil.net/',
    'https://a.example.com.evil.net/',
    'https://a.example.com..evil.net/',
    'https://evilexample.com/',
    'https://evil.net/.example.com',
    'https://evil.net/?.example.com',
    'https://evil.net/#.example.com',
    'https://evil.net\\.example.com/',
    'https://evil.net%2f.example.com/',
    'https://a.example.com。evil.net/',
    'https://a.example%2ecom.evil.net/',
    'https://a.exаmple.com/',
    'https://a.example.com../',
    'https://a.example.co/',
    'https://com/',
  ])('%s has not', (url) => expect(refusal(url, SUFFIX)).not.toMatch(/^asks/));

  it('none is allowed where the list is empty', () => {
    expect(refusal('https://a.example.com/', { allowedSuffixes: [] })).not.toMatch(/^asks/);
    expect(refusal('https://a.example.com/', { allowedSuffixes: [''] })).not.toMatch(/^asks/);
  });
});

describe('an outbound target is a host that Lagoon returned for the environment', () => {
  const hosts = ['app.example.com', 'Other.Example.com.'];

  it.each(['https://app.example.com/x', 'https://APP.example.com./', 'https://other.example.com'])(
    '%s is',
    (url) => expect(refusal(url, SUFFIX, hosts)).toMatch(/^asks/),
  );

  it.each(['https://x.example.com/', 'https://app.example.com.evil.net/', 'https://example.com/'])(
    '%s is not',
    (url) => expect(refusal(url, {}, hosts)).toBe('its host is not one of the environment'),
  );

  it('does not make an address good that breaks another rule', () => {
    expect(refusal('https://evil.net/', SUFFIX, ['evil.net'])).toBe('its host is not allowed');
    expect(refusal('https://127.1/', {}, ['127.0.0.1'])).toBe('it is an IP address');
    expect(refusal('http://app.example.com/', {}, hosts)).toBe('it is not https');
  });

  it('holds on this machine too, and with no hosts nothing is asked', () => {
    expect(refusal('http://127.0.0.1/', { allowLoopback: true }, hosts)).not.toMatch(/^asks/);
    expect(refusal('https://app.example.com/', {}, [])).not.toMatch(/^asks/);
  });
});
