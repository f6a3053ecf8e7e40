// An entity that stores nothing, with a resource, which is stored.
// expect-first: pando: the entity is pando::volatile_only, and its state asks for
// expect: Shop
#include <pando/cluster/entity_resource.hpp>

#include "support/counter.hpp"

#ifdef PANDO_TWIN
struct Shop : pando::entity<"Shop", pando::rpc<"Size", int()>> {};
#else
struct Shop : pando::entity<"Shop", pando::volatile_only, pando::rpc<"Size", int()>> {};
#endif

struct ShopState {
  pando::entity_resource<int> room;
};

inline auto shops = pando::implement<Shop>( // here
    pando::state<ShopState> =
        [](pando::entity_resources& outside) {
          return ShopState{pando::entity_resource<int>(
              outside, [] { return 1; }, [](int&) {})};
        },
    pando::on<"Size"> = [] { return 1; });
