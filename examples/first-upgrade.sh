#!/bin/sh
# Your first own upgrade: registers an app and upgrades it.
# First run `npm run demo -- --keep` in another terminal, and export here what it prints.
set -eu
project=${1:-my-app}
instance=$(node -p 'crypto.randomUUID()')

uplift() {
  npm run --silent uplift -- "$@"
}

# An app of yours is in Lagoon already. The simulated Lagoon of the demo has to be told of it.
curl -sS -X POST -d "[{\"project\": \"$project\", \"environment\": \"main\"}]" \
  "${UPLIFT_LAGOON_URL%/graphql}/control/environments" >/dev/null

uplift instance register --id "$instance" --project "$project" --environment main --app my-app
uplift upgrade trigger "$instance" --reason "my first upgrade" --wait
uplift instance explain "$instance"
