#!/usr/bin/env bash
# The figures of entities in one process: Pando beside actors of CAF and, where npm's registry
# answers, entities of Effect. Interleaved rounds; the table has the medians.
# Usage: benchmarks/entities.sh [ROUNDS]. Installs what is missing on Debian.
# PANDO_REALTIME=1 runs everything above all else, for machines that are busy (as root).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source benchmarks/steps.sh

rounds=${1:-5}
build=build/release/benchmarks
declare -A samples

need_packages g++ cmake ninja-build ccache pkg-config libboost1.81-dev libboost-json1.81-dev \
  libssl-dev libcaf-dev util-linux
build_release bench_entities bench_entities_caf
programs=(pando caf)
if install_effect "$build/effect"; then programs+=(effect); fi

run() {
  case $1 in
  pando) "${above[@]}" "$build/entities" 5 plain ;;
  caf) "${above[@]}" "$build/entities_caf" ;;
  effect) effect main.mjs 1 ;;
  esac
}

for ((round = 1; round <= rounds; ++round)); do
  say "round $round of $rounds"
  for program in "${programs[@]}"; do
    said=$(run "$program")
    while IFS=$'\t' read -r name number; do
      samples[$program.$name]+="$number"$'\n'
    done <<< "$said"
  done
done

works=("one|one entity, one call at a time, a second" "many|256 in flight over 1,000, one thread"
       "many_on_two|256 in flight on each of two threads, 500 each"
       "same_on_two|256 in flight on each of two threads, the same 1,000"
       "fresh|first calls to fresh ids, a second" "idle|memory of an idle one, octets"
       "frame|one awaited Asio frame, a second")
printf '\n| work | pando | caf | effect |\n|---|---:|---:|---:|\n'
for work in "${works[@]}"; do
  IFS='|' read -r name what <<< "$work"
  printf '| %s | %s | %s | %s |\n' "$what" "$(cell "${samples[pando.$name]:-}")" \
    "$(cell "${samples[caf.$name]:-}")" "$(cell "${samples[effect.$name]:-}")"
done
