import { messages, streams, toIdentifier } from './messages';

export const CAUGHT_UP = new streams.ReadResp()
  .setCaughtUp(new streams.ReadResp.CaughtUp())
  .serializeBinary();

export function confirmation(subscriptionId: string): Uint8Array {
  const confirmed = new streams.ReadResp.SubscriptionConfirmation();
  return new streams.ReadResp()
    .setConfirmation(confirmed.setSubscriptionId(subscriptionId))
    .serializeBinary();
}

export function checkpoint(position: number): Uint8Array {
  const text = String(position);
  const at = new streams.ReadResp.Checkpoint().setCommitPosition(text).setPreparePosition(text);
  return new streams.ReadResp().setCheckpoint(at).serializeBinary();
}

export function streamNotFound(stream: string): Uint8Array {
  const missing = new streams.ReadResp.StreamNotFound().setStreamIdentifier(toIdentifier(stream));
  return new streams.ReadResp().setStreamNotFound(missing).serializeBinary();
}

export function firstStreamPosition(revision: number): Uint8Array {
  return new streams.ReadResp().setFirstStreamPosition(String(revision)).serializeBinary();
}

export function lastStreamPosition(revision: number): Uint8Array {
  return new streams.ReadResp().setLastStreamPosition(String(revision)).serializeBinary();
}

export function lastAllStreamPosition(position: number): Uint8Array {
  const text = String(position);
  const at = new messages.AllStreamPosition().setCommitPosition(text).setPreparePosition(text);
  return new streams.ReadResp().setLastAllStreamPosition(at).serializeBinary();
}
