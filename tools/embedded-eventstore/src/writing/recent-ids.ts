/** Remembers at which revision a stream received an event id, the most recent ones only. */
export class RecentIds {
  private readonly revisions = new Map<string, number>();

  constructor(private readonly capacity: number) {}

  remember(stream: string, id: string, revision: number): void {
    this.revisions.set(keyOf(stream, id), revision);
    if (this.revisions.size <= this.capacity) return;
    const [oldest] = this.revisions.keys();
    if (oldest !== undefined) this.revisions.delete(oldest);
  }

  revisionOf(stream: string, id: string): number | undefined {
    return this.revisions.get(keyOf(stream, id));
  }
}

function keyOf(stream: string, id: string): string {
  return `${id}${stream}`;
}
