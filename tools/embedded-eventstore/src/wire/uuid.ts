import { messages } from './generated';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Lower-case text form, undefined for what is no UUID. */
export function uuidText(uuid: messages.UUID | undefined): string | undefined {
  const structured = uuid?.getStructured();
  const text = structured ? fromHalves(structured) : uuid?.getString().toLowerCase();
  return text !== undefined && UUID.test(text) ? text : undefined;
}

/** The UUID as two signed 64-bit halves in the order of its bytes. */
export function structuredUuid(text: string): messages.UUID {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  const halves = new messages.UUID.Structured()
    .setMostSignificantBits(String(bytes.readBigInt64BE(0)))
    .setLeastSignificantBits(String(bytes.readBigInt64BE(8)));
  return new messages.UUID().setStructured(halves);
}

function fromHalves(structured: messages.UUID.Structured): string {
  const bytes = Buffer.alloc(16);
  bytes.writeBigInt64BE(BigInt(structured.getMostSignificantBits()), 0);
  bytes.writeBigInt64BE(BigInt(structured.getLeastSignificantBits()), 8);
  const hex = bytes.toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
