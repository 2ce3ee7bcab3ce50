/** The rows used last, by key. Right only while nobody else writes them: cleared when that is in doubt. */
export class RowCache<Row> {
  private readonly rows = new Map<string, Row>();

  constructor(private readonly limit: number) {}

  get(key: string): Row | undefined {
    return this.rows.get(key);
  }

  has(key: string): boolean {
    return this.rows.has(key);
  }

  set(key: string, row: Row): void {
    this.rows.delete(key);
    this.rows.set(key, row);
  }

  /** Forgets the rows that were not written for the longest time. */
  trim(): void {
    for (const key of this.rows.keys()) {
      if (this.rows.size <= this.limit) return;
      this.rows.delete(key);
    }
  }

  clear(): void {
    this.rows.clear();
  }
}
