import { messages } from './generated';

export function toIdentifier(stream: string): messages.StreamIdentifier {
  return new messages.StreamIdentifier().setStreamName(Buffer.from(stream));
}

export function streamNameOf(identifier: messages.StreamIdentifier | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();
}
