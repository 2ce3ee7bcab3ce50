import type { Setting } from './setting';

/** The JSON Schema of one setting's value after lists were split. */
export function settingSchema(setting: Setting): Record<string, unknown> {
  switch (setting.type) {
    case 'integer':
    case 'number':
      return {
        type: setting.type,
        ...(setting.minimum === undefined ? {} : { minimum: setting.minimum }),
        ...(setting.unit === 'port' ? { maximum: 65_535 } : {}),
      };
    case 'boolean':
      return { type: 'boolean' };
    case 'enum':
      return { type: 'string', enum: setting.values ?? [] };
    case 'list':
      return {
        type: 'array',
        items: { type: 'string', ...(setting.values ? { enum: setting.values } : {}) },
      };
    case 'url':
      return { type: 'string', pattern: urlPattern(setting.schemes) };
    case 'string':
      return { type: 'string' };
  }
}

/** What a person has to write, for messages and the settings page. */
export function expectation(setting: Setting): string {
  if (setting.type === 'enum') return `one of ${(setting.values ?? []).join(', ')}`;
  if (setting.type === 'url') return `a URL starting with ${schemeList(setting.schemes)}`;
  if (setting.type === 'boolean') return 'true or false';
  if (setting.type === 'list') return listExpectation(setting);
  if (setting.unit === 'port') return 'a port number from 0 to 65535';
  if (setting.type === 'string') return 'text';
  const least = setting.minimum === undefined ? '' : ` of at least ${setting.minimum}`;
  return `${setting.type === 'integer' ? 'a whole number' : 'a number'}${least}`;
}

function listExpectation(setting: Setting): string {
  return setting.values ? `a comma list of ${setting.values.join(', ')}` : 'a comma list';
}

function schemeList(schemes: readonly string[] = []): string {
  return schemes.length === 0 ? 'a scheme' : schemes.map((scheme) => `${scheme}://`).join(' or ');
}

/** Not WHATWG URLs: cluster addresses name several hosts separated by commas. */
function urlPattern(schemes: readonly string[] = []): string {
  const scheme = schemes.map((name) => name.replaceAll('+', '\\+')).join('|');
  return `^(${scheme || '[a-z][a-z0-9+.-]*'})://[^\\s/]\\S*$`;
}
