// A struct with a base class, whose fields no one can count.
// expect-first: pando: the fields of this struct cannot be found by themselves
// expect: Shop
// expect: Order
// expect: BOOST_HANA_ADAPT_STRUCT
// expect-named: "buy"
#include <boost/hana/adapt_struct.hpp>

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Entry {
  int id;
};

#ifdef PANDO_TWIN
struct Order : Entry {
  int count;
};
BOOST_HANA_ADAPT_STRUCT(Order, id, count);
#else
struct Order : Entry {
  int count;
};
#endif
struct Shop : pando::controller<"shop", pando::route<"buy", void(Order)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"buy"> = [](Order) {}); // here
