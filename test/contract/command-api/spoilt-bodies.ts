type Json = string | number | boolean | null | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [member: string]: Json;
}

export interface SpoiltBody {
  /** JSON pointer of what was spoilt, and by what. */
  readonly what: string;
  readonly body: object;
}

/** Every member and element of a sound body in turn replaced by something else, and every object given a member too many. */
export function spoiltBodies(sound: JsonObject): readonly SpoiltBody[] {
  return spoilt(sound, '').map(({ what, json }) => ({ what, body: json as JsonObject }));
}

interface Spoilt {
  readonly what: string;
  readonly json: Json;
}

function spoilt(json: Json, pointer: string): readonly Spoilt[] {
  if (Array.isArray(json)) return (json as readonly Json[]).flatMap((_, n) => at(json, n, pointer));
  if (typeof json !== 'object' || json === null) return [];
  const members = Object.keys(json).flatMap((member) => at(json, member, pointer));
  return [...members, ...withOneMore(json as JsonObject, pointer)];
}

function at(parent: Json, key: string | number, pointer: string): readonly Spoilt[] {
  const place = `${pointer}/${key}`;
  const child = (parent as Readonly<Record<string | number, Json>>)[key] ?? null;
  const changes = [...others(child, place), ...spoilt(child, place)];
  return changes.map(({ what, json }) => ({ what, json: replaced(parent, key, json) }));
}

/** Values of other types than the sound one. */
function others(sound: Json, place: string): readonly Spoilt[] {
  const candidates: readonly Json[] = [null, 7, true, 'text,;$(x)', {}, { a: 1 }, [sound], [[]]];
  return candidates
    .filter((candidate) => kindOf(candidate) !== kindOf(sound))
    .map((candidate) => ({ what: `${place} = ${JSON.stringify(candidate)}`, json: candidate }));
}

function withOneMore(object: JsonObject, pointer: string): readonly Spoilt[] {
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
