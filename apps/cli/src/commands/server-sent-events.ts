export interface ServerSentEvent {
  readonly id: string | null;
  readonly type: string;
  readonly data: string;
}

/** Parses a `text/event-stream` body; comments are skipped. */
export async function* readServerSentEvents(response: Response): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const chunk of response.body ?? []) {
    pending += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = pending.split(/\r?\n\r?\n/);
    pending = blocks.pop() ?? '';
    yield* blocks.map(parse).filter((event) => event !== null);
  }
}

function parse(block: string): ServerSentEvent | null {
  const lines = block.split(/\r?\n/).map((line) => /^([a-z]+): ?(.*)$/.exec(line));
  const valuesOf = (name: string) =>
    lines.flatMap((line) => (line?.[1] === name ? [line[2] ?? ''] : []));
  const data = valuesOf('data');
  if (data.length === 0) return null;
  const [id = null] = valuesOf('id');
  const [type = 'message'] = valuesOf('event');
  return { id, type, data: data.join('\n') };
}
