import { MsgHdrsImpl } from 'nats';

/** Headers that are already legal, written in one go: half the cost of a publish is the client's own encoding. */
export class PreparedHeaders extends MsgHdrsImpl {
  constructor(
    private readonly fields: Readonly<Record<string, string>>,
    private readonly expectedLastSequence: number,
  ) {
    super();
  }

  override encode(): Uint8Array {
    let text = `NATS/1.0\r\nNats-Expected-Last-Sequence: ${this.expectedLastSequence}\r\n`;
    for (const name in this.fields) text += `${name}: ${this.fields[name]}\r\n`;
    return Buffer.from(`${text}\r\n`);
  }
}
