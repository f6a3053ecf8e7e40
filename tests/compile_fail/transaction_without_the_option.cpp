// A handler asks for the transaction of an rpc that has none.
// expect-first: pando: what this handler asks for is there for rpcs with an option alone
// expect: Shop
// expect-named: "Charge"
// expect: transaction
#include <pando/store/transaction.hpp>

#include "support/counter.hpp"

struct Charge {
  std::string order;
};
#ifdef PANDO_TWIN
struct Shop : pando::entity<"Shop", pando::rpc<"Charge", int(Charge), pando::persisted,
                                               pando::with_transaction>> {};
#else
struct Shop : pando::entity<"Shop", pando::rpc<"Charge", int(Charge), pando::persisted>> {};
#endif

inline auto shops = pando::implement<Shop>( // here
    pando::on<"Charge"> = [](Charge, pando::store::transaction& all) {
      all.put("a", "b");
      return 1;
    });
