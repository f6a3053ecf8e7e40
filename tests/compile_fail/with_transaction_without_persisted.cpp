// A transaction with the record of a call that is not recorded.
// expect-first: pando: this option says how a call is stored, and calls of this rpc are not
// expect: Shop
// expect-named: "Charge"
#include "support/counter.hpp"

struct Charge {
  std::string order;
};
#ifdef PANDO_TWIN
struct Shop : pando::entity<"Shop", pando::rpc<"Charge", int(Charge), pando::persisted,
                                               pando::with_transaction>> {};
#else
struct Shop
    : pando::entity<"Shop", pando::rpc<"Charge", int(Charge), pando::with_transaction>> {};
#endif

inline auto shops = pando::implement<Shop>(pando::on<"Charge"> = [](Charge) { return 1; }); // here
