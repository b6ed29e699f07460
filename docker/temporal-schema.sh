#!/bin/sh
# Creates Temporal's databases and brings them to the schema of this version; running it again changes
# nothing. The address and the password come from the environment (SQL_HOST, SQL_USER, …).
set -eu
schema=/etc/temporal/schema/postgresql/v12
for database in temporal visibility; do
  case $database in
    temporal) name=temporal ;;
    visibility) name=temporal_visibility ;;
  esac
  temporal-sql-tool --db "$name" create
  # Setting up what is set up would begin again at version 0: only where there is no version yet.
  if ! temporal-sql-tool --db "$name" update-schema --schema-dir "$schema/$database/versioned"; then
    temporal-sql-tool --db "$name" setup-schema --version 0.0
    temporal-sql-tool --db "$name" update-schema --schema-dir "$schema/$database/versioned"
  fi
done
