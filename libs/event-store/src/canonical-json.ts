import canonicalize from 'canonicalize';

/** JSON of RFC 8785: the same content gives the same text whatever the order of keys. */
export function canonicalJson(value: object): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('Only JSON content can be stored in an event');
  return text;
}
