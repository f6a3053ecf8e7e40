# Steps that tests/run and .ci/run share: what to install, how to say what happens, how to build.
# Read by bash from the root of the source tree.

started=$SECONDS

say() {
  local seconds=$((SECONDS - started))
  printf '\n== [%d:%02d] %s\n' $((seconds / 60)) $((seconds % 60)) "$*"
}

# Installs those Debian packages of the list that are missing; does nothing where all are there.
need_packages() {
  local missing=() package
  if ! command -v dpkg-query > /dev/null; then
    say "this is no Debian: taking for granted what these packages bring: $*"
    return
  fi
  for package in "$@"; do
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null)" != installed ]; then
      missing+=("$package")
    fi
  done
  if [ ${#missing[@]} = 0 ]; then
    say "every package that is needed is installed"
    return
  fi
  say "installing ${missing[*]}"
  local root=()
  if [ "$(id -u)" != 0 ]; then root=(sudo); fi
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# One compiler a core, as long as each has 1.5 GB of memory.
jobs_that_fit() {
  local jobs memory
  jobs=$(nproc)
  memory=$(awk '/MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
  if [ "$memory" -lt "$jobs" ]; then jobs=$((memory < 1 ? 1 : memory)); fi
  echo "${PANDO_JOBS:-$jobs}"
}

# Configures and builds a preset of CMakePresets.json in build/<preset>; what follows is for cmake.
build_preset() {
  local preset=$1
  shift
  say "building build/$preset"
  cmake --preset "$preset" -Wno-dev "$@"
  NINJA_STATUS='[%f/%t %es] ' cmake --build --preset "$preset" -j "$(jobs_that_fit)"
}
