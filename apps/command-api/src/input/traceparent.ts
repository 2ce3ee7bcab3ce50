const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** W3C trace context to pass on; a malformed one is ignored, as the standard asks. */
export function tracing(header: string | undefined): { readonly traceparent?: string } {
  return header !== undefined && TRACEPARENT.test(header) ? { traceparent: header } : {};
}
