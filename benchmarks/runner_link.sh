#!/usr/bin/env bash
# The figures of links between runners: Pando over a Unix socket, TCP and TCP with TLS, each beside
# the framed Asio floor of the same transport (of TLS: plain TCP), in one session. Server and client
# are processes of one thread each; rounds are interleaved and the table has their medians, ratios
# each with the floor of the same round.
# Usage: benchmarks/runner_link.sh [ROUNDS [SECONDS]]. Installs what is missing on Debian.
# PANDO_REALTIME=1 runs everything above all else, for machines that are busy (as root).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source benchmarks/steps.sh

rounds=${1:-7}
seconds=${2:-1}
program=build/release/benchmarks/runner_link
declare -A samples
# A work: its name, what is measured, the server's core, the client's.
works=("one call at a time, one core|one|0|0" "one call at a time, two cores|one|0|1"
       "256 in flight, two cores|many|0|1" "256 in flight, one core|many|0|0")

need_packages g++ cmake ninja-build ccache libboost1.81-dev libboost-json1.81-dev libssl-dev \
  util-linux
build_release bench_runner_link

for ((round = 1; round <= rounds; ++round)); do
  say "round $round of $rounds"
  for work in "${works[@]}"; do
    IFS='|' read -r name what server client <<< "$work"
    for way in unix tcp tls; do
      for which in floor pando; do
        samples[$name.$way.$which]+="$("${above[@]}" timeout 60 "$program" "$which" "$way" \
          "$what" "$seconds" "$server" "$client")"$'\n'
      done
    done
  done
done

echo
echo '| work                          | way  | floor, µs a call or calls/s | pando | of floor |'
echo '|-------------------------------|------|----------------------------:|------:|---------:|'
for work in "${works[@]}"; do
  IFS='|' read -r name _ <<< "$work"
  for way in unix tcp tls; do
    ratio=$(paste -d ' ' <(printf '%s' "${samples[$name.$way.pando]}") \
      <(printf '%s' "${samples[$name.$way.floor]}") | awk '{ print $1 / $2 }' | median)
    printf '| %-29s | %-4s | %27s | %5s | %8.2f |\n' "$name" "$way" \
      "$(printf '%s' "${samples[$name.$way.floor]}" | median)" \
      "$(printf '%s' "${samples[$name.$way.pando]}" | median)" "$ratio"
  done
done
