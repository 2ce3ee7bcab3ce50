/** No category of ours, and no installation's: whoever else reads the store takes these streams for foreign ones. */
const ROOT = 'upliftTest';
const OUTSIDE = 'outside:';

/** How the streams of a namespace are called in the store that holds it. */
export class StreamNames {
  private readonly prefix: string;

  constructor(namespace: string) {
    this.prefix = `${ROOT}:${namespace}:`;
  }

  /** What the store calls a stream of the namespace. */
  inStore(name: string): string {
    if (name.startsWith('$$')) return `$$${this.inStore(name.slice(2))}`;
    if (name.startsWith('$')) return name;
    if (name.startsWith(OUTSIDE)) return name.slice(OUTSIDE.length);
    return this.prefix + name;
  }

  /** What a reader of the namespace sees of a stream of the store: of another installation's ones that they are foreign. */
  inNamespace(name: string): string {
    if (name.startsWith('$$')) return `$$${this.inNamespace(name.slice(2))}`;
    if (name.startsWith('$')) return name;
    return name.startsWith(this.prefix) ? name.slice(this.prefix.length) : OUTSIDE + name;
  }
}
