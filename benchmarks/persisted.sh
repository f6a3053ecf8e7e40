#!/usr/bin/env bash
# The figures of persisted calls on SQLite and PostgreSQL: Pando beside SQLite and libpq by hand
# and, where npm's registry answers, entities of Effect on the same disk. Actors of CAF keep
# nothing, so CAF has no column. Effect has two: its runner taken for the only one, which is its
# fastest, and with the runner and its shards in the store too, as Pando always has them.
# Interleaved rounds; the table has the medians.
# Usage: benchmarks/persisted.sh [ROUNDS [FOLDER]]: a folder on the disk that is meant (build/).
# Installs what is missing on Debian.
# PANDO_REALTIME=1 runs everything above all else, for machines that are busy (as root).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source benchmarks/steps.sh

rounds=${1:-5}
build=build/release/benchmarks
declare -A samples

need_packages g++ cmake ninja-build ccache pkg-config libboost1.81-dev libboost-json1.81-dev \
  libssl-dev libsqlite3-dev libpq-dev postgresql util-linux
build_release bench_persisted
scratch=$(mktemp -d "${2:-build}/persisted-XXXXXX")
scratch=$(cd "$scratch" && pwd)
chmod 755 "$scratch"
with_effect=0
if install_effect "$build/effect"; then with_effect=1; fi

# A server for Effect, set as that of `persisted`; it refuses to run as root.
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
as_user=()
if [ "$(id -u)" = 0 ]; then
  as_user=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
server=$(mktemp -d) # where `persisted` has its own
serve() {
  mkdir "$server/data"
  if [ "$(id -u)" = 0 ]; then chown postgres "$server/data" "$server"; fi
  LC_ALL=C "${as_user[@]}" "$bin/initdb" --pgdata="$server/data" --username=pando --auth=trust \
    --encoding=UTF8 --locale=C --no-sync > /dev/null
  cat >> "$server/data/postgresql.conf" << SETTINGS
listen_addresses = ''
unix_socket_directories = '$server'
shared_buffers = 128MB
max_connections = 100
max_wal_size = 1GB
autovacuum = off
SETTINGS
  "${above[@]}" "${as_user[@]}" "$bin/pg_ctl" -D "$server/data" -l "$server/data/log" -w start \
    > /dev/null
}
finish() {
  if [ -f "$server/data/postmaster.pid" ]; then
    "${as_user[@]}" "$bin/pg_ctl" -D "$server/data" -m immediate stop > /dev/null
  fi
  rm -rf "$scratch" "$server"
}
trap finish EXIT
if [ "$with_effect" = 1 ]; then serve; fi

# take WHO.ENGINE: adds the lines NAME<tab>NUMBER that come in.
take() {
  local name number
  while IFS=$'\t' read -r name number; do samples[$1.$name]+="$number"$'\n'; done
}
for ((round = 1; round <= rounds; ++round)); do
  say "round $round of $rounds"
  said=$("${above[@]}" "$build/persisted" 1 "$scratch")
  for engine in sqlite postgres; do
    for column in pando=5 hand=6; do
      take "${column%=*}.$engine" < <(awk -F '|' -v engine="$engine" -v at="${column#*=}" '
        function bare(text) { gsub(/^ +| +$/, "", text); return text }
        bare($2) != engine { next }
        $3 ~ /insert \+ update/ { name = "plain" }
        $3 ~ /one row by hand/ { next }
        $3 ~ /primary key/ { name = "keyed" }
        $3 ~ /suspend/ { name = "later" }
        $3 ~ /one at a time/ { name = "alone" }
        { printf "%s\t%s\n", name, bare($(at - 1)) }' <<< "$said")
    done
    if [ "$with_effect" = 0 ]; then continue; fi
    for runners in memory sql; do
      store=$scratch/effect.db
      if [ "$engine" = postgres ]; then
        database="r${round}_$runners"
        "$bin/createdb" --host="$server" --username=pando "$database"
        store="postgres:///$database?host=$server&user=pando"
      fi
      said_effect=$(effect persisted.mjs "$store" 1 "$runners")
      take "effect_$runners.$engine" <<< "$said_effect"
      rm -f "$scratch"/effect.db*
    done
  done
done

works=("plain|256 in flight over 1,000 entities" "keyed|the same by primary key"
       "later|the same, handlers that suspend" "alone|one at a time")
printf '\n| engine | persisted calls a second | by hand | pando | effect |'
printf ' effect, runner stored |\n|---|---|---:|---:|---:|---:|\n'
for engine in sqlite postgres; do
  for work in "${works[@]}"; do
    IFS='|' read -r name what <<< "$work"
    printf '| %s | %s |' "$engine" "$what"
    for who in hand pando effect_memory effect_sql; do
      printf ' %s |' "$(cell "${samples[$who.$engine.$name]:-}")"
    done
    echo
  done
done
