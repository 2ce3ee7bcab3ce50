#!/bin/sh
# Shows the events of one instance as they are stored, over HTTP (server-sent events). Ctrl-C ends it.
# Usage: follow-events.sh <instance id> [<id of the event seen last>]
# Each event has an id. Whoever names the one seen last gets what came after it, and misses nothing; 0 is the start.
set -eu
exec curl --silent --show-error --no-buffer \
  --header "Authorization: Bearer ${UPLIFT_TOKEN:-}" \
  --header "Last-Event-ID: ${2:-0}" \
  "$UPLIFT_API_URL/v1/events?instanceId=$1"
