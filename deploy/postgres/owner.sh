#!/bin/sh
# Run once, by an empty database server: the role that `uplift migrate` works with. It owns the database and is no
# superuser. The superuser keeps no password: it is reached from inside the container alone.
# The image has read POSTGRES_PASSWORD_FILE by then: the name is gone, what the file holds is in POSTGRES_PASSWORD.
set -eu
: "${POSTGRES_PASSWORD:?is empty: POSTGRES_PASSWORD_FILE has to name a file that holds the password of the owner}"
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --quiet \
  --set superuser="$POSTGRES_USER" --set database="$POSTGRES_DB" <<'SQL'
\getenv password POSTGRES_PASSWORD
create role uplift_owner login createrole password :'password';
alter database :"database" owner to uplift_owner;
revoke temporary on database :"database" from public;
alter role :"superuser" password null;
SQL
