import * as messages from '@eventstore/db-client/generated/shared_pb';
import { Status } from '@eventstore/db-client/generated/status_pb';
import * as streams from '@eventstore/db-client/generated/streams_pb';

/** The client package's own message classes: both sides must use one copy. */
export { messages, Status, streams };

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

export const NIL_UUID = '00000000-0000-0000-0000-000000000000';

export function toIdentifier(stream: string): messages.StreamIdentifier {
  return new messages.StreamIdentifier().setStreamName(Buffer.from(stream));
}

export function streamNameOf(identifier: messages.StreamIdentifier | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();
}

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
