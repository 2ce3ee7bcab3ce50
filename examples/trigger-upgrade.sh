#!/bin/sh
# Triggers an upgrade with the NATS command line (https://github.com/nats-io/natscli).
# Usage: trigger-upgrade.sh <instance id> <idempotency key>
set -eu
nats req --server "$UPLIFT_NATS_URL" --raw --header "Idempotency-Key:$2" \
  uplift.cmd.v1.upgrade.trigger \
  "{\"instanceId\": \"$1\", \"reason\": \"security release\"}"
