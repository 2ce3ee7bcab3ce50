/** Whether one of these subjects, perhaps with wildcards, covers a subject: as a nats-server matches them. */
export function allows(list: readonly string[], subject: string): boolean {
  return list.some((allowed) => covers(allowed.split('.'), subject.split('.')));
}

function covers([first, ...rest]: readonly string[], tokens: readonly string[]): boolean {
  if (first === undefined) return tokens.length === 0;
  const [token, ...others] = tokens;
  if (token === undefined) return false;
  if (first === '>') return true;
  return (first === '*' || first === token) && covers(rest, others);
}
