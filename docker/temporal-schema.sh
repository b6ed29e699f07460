#!/bin/sh
# Creates Temporal's databases and brings them to the schema of this version; running it again changes
# nothing. The address and the password come from the environment (SQL_HOST, SQL_USER, …).
set -eu
schema=/etc/temporal/schema/postgresql/v12

update() {
  temporal-sql-tool --db "$1" create
  temporal-sql-tool --db "$1" setup-schema --version 0.0
  temporal-sql-tool --db "$1" update-schema --schema-dir "$schema/$2/versioned"
}

update temporal temporal
update temporal_visibility visibility
