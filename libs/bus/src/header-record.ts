import type { Msg } from 'nats';

/** The first value of each header, under the name it was sent with. */
export function headerRecord(message: Pick<Msg, 'headers'>): Record<string, string> {
  const record: Record<string, string> = {};
  if (!message.headers) return record;
  for (const [name, values] of message.headers) {
    const [first] = values;
    if (first !== undefined) record[name] = first;
  }
  return record;
}

/** Reads ignore the case of the name; an the object is for reading only. */
export function ignoringCase(record: Readonly<Record<string, string>>): Record<string, string> {
  const lowered = new Map(Object.entries(record).map(([name, v]) => [name.toLowerCase(), v]));
  return new Proxy(Object.fromEntries(lowered), {
    get: (_, name) => (typeof name === 'string' ? lowered.get(name.toLowerCase()) : undefined),
    has: (_, name) => typeof name === 'string' && lowered.has(name.toLowerCase()),
  });
}
