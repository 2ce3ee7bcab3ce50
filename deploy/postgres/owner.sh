#!/bin/sh
# Run once, by an empty database server: the role that `uplift migrate` works with. It owns the database and is no
# superuser. The superuser keeps no password: it is reached from inside the container alone.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --quiet \
  --set password="$(cat "$POSTGRES_PASSWORD_FILE")" --set superuser="$POSTGRES_USER" --set database="$POSTGRES_DB" <<'SQL'
create role uplift_owner login createrole password :'password';
alter database :"database" owner to uplift_owner;
revoke temporary on database :"database" from public;
alter role :"superuser" password null;
SQL
