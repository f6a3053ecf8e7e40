// A resource whose releasing function takes something else.
// expect-first: pando: what releases an entity_resource takes the resource by reference
// expect: Pod
#include <pando/cluster/entity_resource.hpp>

struct Pod {
  int number;
};

pando::entity_resource<Pod> make(pando::entity_resources& outside) {
#ifdef PANDO_TWIN
  auto const release = [](Pod&) {};
#else
  auto const release = [](int&) {};
#endif
  return pando::entity_resource<Pod>(outside, [] { return Pod{1}; }, release); // here
}
