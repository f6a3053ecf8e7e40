// An entity that stores nothing, with an rpc that is stored.
// expect-first: pando: the entity is pando::volatile_only, and this rpc is pando::persisted
// expect: Shop
// expect-named: "Charge"
#include "support/counter.hpp"

struct Charge {
  std::string order;
};
#ifdef PANDO_TWIN
struct Shop
    : pando::entity<"Shop", pando::volatile_only, pando::rpc<"Charge", int(Charge)>> {};
#else
struct Shop : pando::entity<"Shop", pando::volatile_only,
                            pando::rpc<"Charge", int(Charge), pando::persisted>> {};
#endif

inline auto shops = pando::implement<Shop>(pando::on<"Charge"> = [](Charge) { return 1; }); // here
