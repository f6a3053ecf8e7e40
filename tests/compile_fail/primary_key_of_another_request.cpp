// A primary key that is a field of another struct.
// expect-first: pando: pando::primary_key<...> and pando::deliver_at<...> take a field of the rpc's request
// expect: Shop
// expect: Charge
// expect-named: "Charge"
#include "support/counter.hpp"

struct Charge {
  std::string order;
};
struct Refund {
  std::string order;
};
#ifdef PANDO_TWIN
using asked = Charge;
#else
using asked = Refund;
#endif
struct Shop : pando::entity<"Shop", pando::rpc<"Charge", int(Charge), pando::persisted,
                                               pando::primary_key<&asked::order>>> {};

inline auto shops = pando::implement<Shop>(pando::on<"Charge"> = [](Charge) { return 1; }); // here
