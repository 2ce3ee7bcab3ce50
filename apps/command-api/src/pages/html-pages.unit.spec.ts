import { CONTENT_SECURITY_POLICY, operationsPage } from './html-pages';

const CANARY = `"><script>alert('canary')</script>&`;

describe('a page', () => {
  it('shows text as text', () => {
    const page = operationsPage({
      openapi: '3.1.0',
      info: { title: CANARY, version: '1', description: CANARY },
      paths: { [`/${CANARY}`]: { get: { summary: CANARY, responses: {} } } },
    });
    expect(page).not.toContain('<script');
    expect(page.split('&quot;&gt;&lt;script&gt;alert(').length).toBe(6);
    expect(page).toContain('&lt;/script&gt;&amp;');
  });

  it('may load nothing and be framed by nobody', () => {
    const policy = new Map(
      CONTENT_SECURITY_POLICY.split('; ').map((rule) => rule.split(' ', 2) as [string, string]),
    );
    expect(policy.get('default-src')).toBe("'none'");
    expect(policy.get('frame-ancestors')).toBe("'none'");
    expect([policy.get('script-src'), policy.get('form-action')]).toEqual([undefined, "'none'"]);
  });
});
