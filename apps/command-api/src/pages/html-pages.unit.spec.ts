import type { OpenAPIObject } from '@nestjs/swagger';
import { createHash } from 'node:crypto';
import { REFERENCE_POLICY, referencePage, startScript, withoutConditions } from './api-reference';
import { CONTENT_SECURITY_POLICY, htmlPage, operationsTable, problemsPage } from './html-pages';

const CANARY = `"><script>alert('canary')</script>&`;
const API: OpenAPIObject = {
  openapi: '3.1.0',
  info: { title: CANARY, version: '1', description: CANARY },
  paths: { [`/${CANARY}`]: { get: { summary: CANARY, responses: {} } } },
};

function rulesOf(policy: string): ReadonlyMap<string, string> {
  return new Map(
    policy.split('; ').map((rule) => {
      const [name = '', ...sources] = rule.split(' ');
      return [name, sources.join(' ')];
    }),
  );
}

describe('a page', () => {
  it('lists an operation of each method', () => {
    const methods = ['get', 'put', 'post', 'patch', 'delete'];
    const item = Object.fromEntries(methods.map((method) => [method, { summary: method }]));
    const page = operationsTable({ ...API, paths: { '/v1/things': item } });
    const listed = [...page.matchAll(/<code>(\w+) \/v1\/things</g)].map(([, method]) => method);
    expect(listed.sort()).toEqual(methods.map((method) => method.toUpperCase()).sort());
  });

  it('shows text as text', () => {
    const page = htmlPage(CANARY, operationsTable(API));
    expect(page).not.toContain('<script');
    expect(page.split('&quot;&gt;&lt;script&gt;alert(').length).toBe(5);
    expect(page).toContain('&lt;/script&gt;&amp;');
  });

  it('may load nothing, and is framed by nobody', () => {
    const rules = rulesOf(CONTENT_SECURITY_POLICY);
    expect(rules.get('default-src')).toBe("'none'");
    expect(rules.get('frame-ancestors')).toBe("'none'");
    expect([rules.get('script-src'), rules.get('form-action')]).toEqual([undefined, "'none'"]);
    const [, style = ''] = /<style>(.*?)<\/style>/.exec(problemsPage()) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(rules.get('style-src')).toBe(`'sha256-${hash}'`);
    expect(problemsPage()).not.toContain('style=');
  });
});

describe('the page of the API', () => {
  it('has scripts of this service alone, and no text of the description in them', () => {
    const page = referencePage(API);
    const scripts = Array.from(page.matchAll(/<script([^>]*)>([^<]*)/g), ([, at, text]) => [
      at,
      text,
    ]);
    expect(scripts).toEqual([
      [expect.stringMatching(/^ src="\/docs\/reference\.js\?v=\d+\.\d+\.\d+"$/), ''],
      [' src="/docs/start.js"', ''],
    ]);
    expect(startScript({ ...API, info: { title: 'T', version: '1' } })).not.toMatch(/https?:/);
  });

  it('shows each member of a body, and no condition in its place', () => {
    const reason = { type: 'string' };
    const target = { allOf: [{ $ref: '#/components/schemas/Target' }], oneOf: [{}] };
    const either = { anyOf: [{ type: 'string' }, { type: 'integer' }] };
    const shown = withoutConditions({
      Body: {
        type: 'object',
        properties: { reason, target, either },
        anyOf: [{ required: ['reason'] }],
      },
    });
    expect(shown).toEqual({
      Body: {
        type: 'object',
        properties: { reason, target: { allOf: target.allOf }, either },
      },
    });
  });

  it('may fetch and run what comes from this service, and nothing else', () => {
    const { 'style-src': style, ...rules } = Object.fromEntries(rulesOf(REFERENCE_POLICY));
    expect(style).toBe("'unsafe-inline'");
    expect(rules).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'img-src': "'self' data:",
      'connect-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
    });
  });
});
