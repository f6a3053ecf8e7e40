// An app of one entity, of which several processes are a fleet.
#include "cluster/tally.hpp"

int main(int argc, char** argv) {
  return pando::app(tally::tallies).named("tally").main(argc, argv);
}
