const COMMAND = /^\$ (.*)$/;
const FENCE = '```';

/** What a command prints, on both streams. */
type Run = (command: string) => Promise<string>;

/** A page whose blocks of `console` hold commands, each behind `$ `, and what they print: the same with what they print now. */
export async function played(page: string, run: Run): Promise<string> {
  const lines: string[] = [];
  let isShown = false;
  for (const line of page.split('\n')) {
    if (line.startsWith(FENCE)) isShown = line === `${FENCE}console`;
    const [, command] = COMMAND.exec(line) ?? [];
    if (!isShown || line.startsWith(FENCE)) lines.push(line);
    else if (command !== undefined) lines.push(line, ...linesOf(await run(command)));
  }
  return lines.join('\n');
}

function linesOf(output: string): readonly string[] {
  return output === '' ? [] : output.replace(/\n$/, '').split('\n');
}

/** Without what differs from one time to the next; ids by the order in which they come. */
export function comparable(page: string): string {
  const ids = new Map<string, number>();
  return page
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (id) => {
      if (!ids.has(id)) ids.set(id, ids.size + 1);
      return `<id ${ids.get(id)}>`;
    })
    .replace(/.* DeploymentProgressed .*\n/g, '')
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z( {2}\d+ )?/g, '<time>')
    .replace(/\b\d+(\.\d)? (ms|s|min|h)\b( \d+ (s|min)\b)?/g, '<duration>')
    .replace(/\brevision \d+/g, 'revision <n>')
    .replace(/ {2}\d+ +<id/g, '  <revision>  <id')
    .replace(/ {2}\d+ {2}\d+$/gm, '  <revision and position>')
    .replace(/\blagoon-(build|task)-\w+/g, '<$1>')
    .replace(/ {2,}/g, '  ');
}
