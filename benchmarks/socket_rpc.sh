#!/usr/bin/env bash
# The socket figures: Pando's typed client beside the framed Asio floor, Cap'n Proto and gRPC, in
# one session. Server and client are processes of one thread each; rounds are interleaved and the
# table has their medians, ratios each with the floor of the same round.
# Usage: benchmarks/socket_rpc.sh [ROUNDS [SECONDS]]. Installs what is missing on Debian.
# PANDO_REALTIME=1 runs everything above all else, for machines that are busy (as root).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source benchmarks/steps.sh

rounds=${1:-7}
seconds=${2:-1}
build=build/release/benchmarks
declare -A samples
programs=(floor pando capnp grpc)
# A work: its name, what is measured, the server's core, the client's.
works=("one call at a time, one core|one|0|0" "one call at a time, two cores|one|0|1"
       "256 in flight, two cores|many|0|1" "256 in flight, one core|many|0|0")

# run PROGRAM one|many SERVER_CORE CLIENT_CORE: prints its number.
run() {
  local command=("$build/socket_rpc" "$1")
  case $1 in capnp | grpc) command=("$build/socket_rpc_$1") ;; esac
  "${above[@]}" timeout 60 "${command[@]}" "$2" "$seconds" "$3" "$4"
}

need_packages g++ cmake ninja-build ccache pkg-config libboost1.81-dev libboost-json1.81-dev \
  libssl-dev libcapnp-dev capnproto libgrpc++-dev libprotobuf-dev protobuf-compiler-grpc util-linux
build_release bench_socket_rpc bench_socket_rpc_capnp bench_socket_rpc_grpc

for ((round = 1; round <= rounds; ++round)); do
  say "round $round of $rounds"
  for work in "${works[@]}"; do
    IFS='|' read -r name what server client <<< "$work"
    for program in "${programs[@]}"; do
      samples[$name.$program]+="$(run "$program" "$what" "$server" "$client")"$'\n'
    done
  done
done

echo
echo '| work                          | program | µs a call or calls/s | of floor |'
echo '|-------------------------------|---------|---------------------:|---------:|'
for work in "${works[@]}"; do
  IFS='|' read -r name _ <<< "$work"
  for program in "${programs[@]}"; do
    ratio=$(paste -d ' ' <(printf '%s' "${samples[$name.$program]}") \
      <(printf '%s' "${samples[$name.floor]}") | awk '{ print $1 / $2 }' | median)
    printf '| %-29s | %-7s | %20s | %8.2f |\n' "$name" "$program" \
      "$(printf '%s' "${samples[$name.$program]}" | median)" "$ratio"
  done
done
