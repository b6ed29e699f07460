#!/bin/sh
# Runs once, when the data folder is new: Temporal gets a role of its own, which owns its own two
# databases and may read nothing of ours.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set password="$TEMPORAL_DATABASE_PASSWORD" <<'SQL'
create role temporal login createdb password :'password';
SQL
