#!/bin/sh
# `setup` brings schema, keys, realm and tools to this version, once, before web and worker start; anything else is a broker command.
set -eu
if [ "${1:-}" = setup ]; then
  python -m broker migrate
  python -m broker keys rotate --if-missing
  python -m broker realm apply --environment "${BROKER_ENVIRONMENT:-production}"
  exec python -m broker clients apply ${BROKER_CLIENT_FILES:+--folder "$BROKER_CLIENT_FILES"}
fi
exec python -m broker "$@"
