type Json = string | number | boolean | null | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [member: string]: Json;
}

export interface InvalidBody {
  /** JSON pointer of what was changed, and by what. */
  readonly what: string;
  readonly body: object;
}

/** Every member and element of a valid body in turn replaced by something else, and every object given a member too many. */
export function invalidBodies(valid: JsonObject): readonly InvalidBody[] {
  return changed(valid, '').map(({ what, json }) => ({ what, body: json as JsonObject }));
}

interface Changed {
  readonly what: string;
  readonly json: Json;
}

function changed(json: Json, pointer: string): readonly Changed[] {
  if (Array.isArray(json)) return (json as readonly Json[]).flatMap((_, n) => at(json, n, pointer));
  if (typeof json !== 'object' || json === null) return [];
  const members = Object.keys(json).flatMap((member) => at(json, member, pointer));
  return [...members, ...withOneMore(json as JsonObject, pointer)];
}

function at(parent: Json, key: string | number, pointer: string): readonly Changed[] {
  const place = `${pointer}/${key}`;
  const child = (parent as Readonly<Record<string | number, Json>>)[key] ?? null;
  const changes = [...others(child, place), ...changed(child, place)];
  return changes.map(({ what, json }) => ({ what, json: replaced(parent, key, json) }));
}

/** Values of other types than the valid one. */
function others(valid: Json, place: string): readonly Changed[] {
  const candidates: readonly Json[] = [null, 7, true, 'text,;$(x)', {}, { a: 1 }, [valid], [[]]];
  return candidates
    .filter((candidate) => kindOf(candidate) !== kindOf(valid))
    .map((candidate) => ({ what: `${place} = ${JSON.stringify(candidate)}`, json: candidate }));
}

function withOneMore(object: JsonObject, pointer: string): readonly Changed[] {
  return ['surprise', '__proto__', 'constructor'].map((member) => ({
    what: `${pointer}/${member}`,
    json: JSON.parse(
      JSON.stringify(object).replace(/^\{/, `{${JSON.stringify(member)}:{"ref":"v1"},`),
    ) as Json,
  }));
}

function kindOf(json: Json): string {
  if (json === null) return 'null';
  return Array.isArray(json) ? 'list' : typeof json;
}

function replaced(parent: Json, key: string | number, json: Json): Json {
  if (Array.isArray(parent)) {
    return (parent as readonly Json[]).map((each, n) => (n === key ? json : each));
  }
  return { ...(parent as JsonObject), [key]: json };
}
