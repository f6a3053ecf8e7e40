# What the scripts here share beside the steps of tests/run. Read by bash from the root of the
# source tree.

source tests/steps.sh

# What runs a program above all else with PANDO_REALTIME=1, for machines that are busy (as root).
above=()
if [ "${PANDO_REALTIME:-0}" = 1 ]; then above=(chrt -f 5); fi

# Builds these targets in build/release.
build_release() {
  say "building"
  cmake --preset release -Wno-dev > /dev/null
  cmake --build build/release -j "$(jobs_that_fit)" --target "$@"
}

# Of the numbers that come in, one a line.
median() {
  sort -n |
    awk -v OFMT=%.9g '{ v[NR] = $1 } END {
      print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
    }'
}

# Of a list of numbers, one a line; nothing where there is none.
cell() { if [ -n "$1" ]; then printf '%s' "$1" | median; fi; }

# Installs entities of Effect and the Node they need in a folder of the build; false where npm or
# its registry is not to be had. Then `effect NAME.mjs ARGUMENTS…` runs one, by the command
# `above`.
install_effect() {
  effect_folder=$1
  mkdir -p "$effect_folder"
  cp benchmarks/peers/entities_effect/* "$effect_folder"
  if ! command -v npm > /dev/null || ! npm ping > /dev/null 2>&1 ||
    ! npm install --prefix "$effect_folder" --no-audit --no-fund --silent; then
    say "npm's registry is not to be had: without Effect"
    return 1
  fi
}
effect() {
  "${above[@]}" "$effect_folder/node_modules/.bin/node" --expose-gc \
    --disable-warning=ExperimentalWarning "$effect_folder/$1" "${@:2}"
}
