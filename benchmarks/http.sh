#!/usr/bin/env bash
# The HTTP figures: Pando beside the bare epoll floor, RESTinio and nginx, in one session. Servers
# run on core 0 with one thread, wrk on core 1 with 64 keep-alive connections; rounds are
# interleaved and the table has their medians. CPU is the server's user and system time a request.
# Usage: benchmarks/http.sh [ROUNDS [SECONDS]]. Installs what is missing on Debian.
# PANDO_REALTIME=1 runs servers and wrk above all else, for machines that are busy (as root).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source benchmarks/steps.sh

rounds=${1:-5}
seconds=${2:-3}
build=build/release
scratch=$(mktemp -d)
declare -A pid port samples
servers=(floor pando restinio nginx)

finish() {
  local name
  for name in "${!pid[@]}"; do kill "${pid[$name]}" 2> /dev/null || true; done
  if [ -f "$scratch/nginx.pid" ]; then kill "$(cat "$scratch/nginx.pid")" 2> /dev/null || true; fi
  wait 2> /dev/null || true
  rm -rf "$scratch"
}
trap finish EXIT

# start NAME PORT COMMAND…: on core 0, and waits until it answers.
start() {
  local name=$1
  port[$name]=$2
  shift 2
  "${above[@]}" taskset -c 0 "$@" > "$scratch/$name.log" 2>&1 &
  pid[$name]=$!
  local tries
  for ((tries = 0; tries < 100; ++tries)); do
    if curl -fs -o /dev/null "http://127.0.0.1:${port[$name]}/user/123"; then return; fi
    sleep 0.1
  done
  echo "benchmarks/http.sh: $name does not answer:" >&2
  cat "$scratch/$name.log" >&2
  exit 1
}

start_nginx() {
  mkdir -p "$scratch/root/user"
  printf '{"id":123,"email":"user123@example.com"}' > "$scratch/root/user/123"
  cat > "$scratch/nginx.conf" << EOF
daemon off;
worker_processes 1;
pid $scratch/nginx.pid;
error_log $scratch/nginx.error.log;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  open_file_cache max=16;
  default_type application/json;
  server { listen 127.0.0.1:$1; root $scratch/root; }
}
EOF
  chmod 755 "$scratch"
  start nginx "$1" nginx -c "$scratch/nginx.conf"
  # What works is its child.
  pid[nginx]=$(pgrep -P "${pid[nginx]}" | head -n 1)
}

# The clock ticks of user and system time that a process has used.
ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }

# measure WORK SERVER: one run; adds "rate cpu" to the samples.
measure() {
  local work=$1 name=$2 path=/user/123 script=()
  case $work in
    POST) path=/user script=(-s "$scratch/post.lua") ;;
    *16) script=(-s "$scratch/pipeline.lua") ;;
  esac
  local before after out requests
  before=$(ticks "${pid[$name]}")
  out=$("${above[@]}" taskset -c 1 wrk -t 1 -c 64 -d "${seconds}s" "${script[@]}" \
    "http://127.0.0.1:${port[$name]}$path")
  after=$(ticks "${pid[$name]}")
  if grep -q 'Non-2xx\|Socket errors' <<< "$out"; then
    printf 'benchmarks/http.sh: %s %s\n%s\n' "$name" "$work" "$out" >&2
    exit 1
  fi
  requests=$(awk '/requests in/ { print $1 }' <<< "$out")
  samples[$work.$name]+=$(awk -v n="$requests" -v t="$((after - before))" \
    -v hz="$(getconf CLK_TCK)" \
    '/Requests\/sec/ { printf "%s %.4f\n", $2, t * 1e6 / hz / n }' <<< "$out")$'\n'
}

# median_of_column COLUMN: of the lines that are piped in.
median_of_column() { awk -v c="$1" 'NF { print $c }' | median; }

# report WORK: a line a server; ratios are medians over the rounds, each with the floor's own.
report() {
  local work=$1 name
  for name in "${servers[@]}"; do
    if [ -z "${samples[$work.$name]:-}" ]; then continue; fi
    paste -d ' ' <(printf '%s' "${samples[$work.$name]}") <(printf '%s' "${samples[$work.floor]}") |
      awk '{ print $1, $2, $1 / $3, $2 / $4 }' > "$scratch/rows"
    printf '| %-9s | %-8s | %9.0f | %4.2f | %5.2f | %4.2f |\n' "$work" "$name" \
      "$(median_of_column 1 < "$scratch/rows")" "$(median_of_column 3 < "$scratch/rows")" \
      "$(median_of_column 2 < "$scratch/rows")" "$(median_of_column 4 < "$scratch/rows")"
  done
}

need_packages g++ cmake ninja-build ccache pkg-config libboost1.81-dev libboost-json1.81-dev \
  libssl-dev wrk nginx-light librestinio-dev curl procps util-linux
build_release bench_http bench_http_floor
g++ -std=c++17 -O2 -DNDEBUG benchmarks/peers/http_restinio.cpp \
  -o "$build/benchmarks/http_restinio" -lhttp_parser -lfmt -lboost_json -pthread

cat > "$scratch/post.lua" << 'EOF'
wrk.method = "POST"
wrk.body = '{"id":123,"email":"user123@example.com"}'
wrk.headers["Content-Type"] = "application/json"
EOF
cat > "$scratch/pipeline.lua" << 'EOF'
init = function() requests = string.rep(wrk.format("GET", "/user/123"), 16) end
request = function() return requests end
EOF

start floor 18101 "$build/benchmarks/http_floor" 18101
start pando 18102 "$build/benchmarks/http" serve --http 18102 --no-socket
start restinio 18103 "$build/benchmarks/http_restinio" 18103
start_nginx 18104

works=(GET POST GET×16)
for ((round = 1; round <= rounds; ++round)); do
  say "round $round of $rounds"
  for work in "${works[@]}"; do
    for name in "${servers[@]}"; do
      if [ "$name$work" != nginxPOST ]; then measure "$work" "$name"; fi
    done
  done
done

echo
echo '| work      | server   |    rate/s | of floor | CPU µs | of floor |'
echo '|-----------|----------|----------:|-----:|------:|-----:|'
for work in "${works[@]}"; do report "$work"; done
