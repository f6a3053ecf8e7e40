#!/usr/bin/env bash
# The figures of entities over two processes, a runner and one that only calls: Pando over a Unix
# socket and TCP, beside actors of CAF and, where npm's registry answers, entities of Effect, both
# over TCP: neither has Unix sockets. Each wherever the scheduler puts it, and with both processes
# on one core, but for Effect: above all else, Node waits for its own threads there. Interleaved
# rounds; the table has the medians, ratios each with the raw ping-pong of the same round.
# Usage: benchmarks/entity_runners.sh [ROUNDS [SECONDS]]. Installs what is missing on Debian.
# PANDO_REALTIME=1 runs everything above all else, for machines that are busy (as root).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source benchmarks/steps.sh

rounds=${1:-5}
seconds=${2:-1}
build=build/release/benchmarks
realtime=("${above[@]}")
declare -A samples

need_packages g++ cmake ninja-build ccache pkg-config libboost1.81-dev libboost-json1.81-dev \
  libssl-dev libsqlite3-dev libcaf-dev util-linux
build_release bench_entity_runners bench_entity_runners_caf
programs=(unix tcp caf)
if install_effect "$build/effect"; then programs+=(effect); fi

# run unix|tcp|caf|effect: prints lines NAME<tab>NUMBER.
run() {
  case $1 in
  unix | tcp)
    "${above[@]}" timeout 60 "$build/entity_runners" "$1" "$seconds" | awk '
      /^one at a time/ { printf "one\t%s\nraw\t%s\n", $6, $10 }
      /^256 in flight/ { printf "many\t%s\n", $(NF - 1) }
      /^stream/ { printf "stream\t%s\n", $2 }'
    ;;
  caf) "${above[@]}" timeout 60 "$build/entity_runners_caf" "$seconds" ;;
  effect) effect runners.mjs "$seconds" ;;
  esac
}

for ((round = 1; round <= rounds; ++round)); do
  say "round $round of $rounds"
  for place in free core; do
    above=("${realtime[@]}")
    if [ "$place" = core ]; then above+=(taskset -c 0); fi
    for program in "${programs[@]}"; do
      if [ "$place.$program" = core.effect ]; then continue; fi
      said=$(run "$program")
      while IFS=$'\t' read -r name number; do
        samples[$place.$program.$name]+="$number"$'\n'
        if [ "$name" != one ]; then continue; fi
        raw=$(awk '$1 == "raw" { print $2 }' <<< "$said")
        # Of TCP's, as it was last measured.
        if [ -z "$raw" ]; then raw=$tcp_raw; elif [ "$program" = tcp ]; then tcp_raw=$raw; fi
        samples[$place.$program.ratio]+="$(awk -v a="$number" -v b="$raw" \
          'BEGIN { printf "%.2f", a / b }')"$'\n'
      done <<< "$said"
    done
  done
done

works=("one|one call at a time, p50, µs" "ratio|the same, of a raw ping-pong's"
       "many|256 in flight over 1,000 entities, calls a second"
       "stream|items of a stream a second")
printf '\n| work | pando, Unix socket | pando | caf | effect |\n|---|---:|---:|---:|---:|\n'
for place in free core; do
  for work in "${works[@]}"; do
    IFS='|' read -r name what <<< "$work"
    if [ "$place" = core ]; then what+="; on one core"; fi
    printf '| %s |' "$what"
    for program in unix tcp caf effect; do
      printf ' %s |' "$(cell "${samples[$place.$program.$name]:-}")"
    done
    echo
  done
done
