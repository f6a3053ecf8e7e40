// An rpc with the marker of a door, which would not know the id.
// expect-first: pando: an rpc of an entity has no marker of a door
// expect: Cart
// expect-named: "Add"
#include "support/counter.hpp"

struct Cart : pando::entity<"Cart",
#ifdef PANDO_TWIN
                            pando::rpc<"Add", int(Increment)>> {
#else
                            pando::rpc<"Add", int(Increment), pando::http::post<"/add">>> {
#endif
};

inline auto carts = pando::implement<Cart>(pando::on<"Add"> = [](Increment) { return 1; }); // here
