// A resource whose acquiring function gives something else.
// expect-first: pando: what acquires an entity_resource takes nothing, and gives the resource
// expect: Pod
#include <pando/cluster/entity_resource.hpp>

struct Pod {
  int number;
};
struct Name {};

pando::entity_resource<Pod> make(pando::entity_resources& outside) {
#ifdef PANDO_TWIN
  auto const acquire = [] { return Pod{1}; };
#else
  auto const acquire = [] { return Name{}; };
#endif
  return pando::entity_resource<Pod>(outside, acquire, [](Pod&) {}); // here
}
