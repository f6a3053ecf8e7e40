# What the scripts here share beside the steps of tests/run. Read by bash from the root of the
# source tree.

source tests/steps.sh

# Of the numbers that come in, one a line.
median() {
  sort -n |
    awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
