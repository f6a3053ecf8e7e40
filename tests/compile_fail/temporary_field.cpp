// A field of a call may be a temporary, but not of a struct with something to destroy.
// only: g++ < 13
// expect-first: pando: g++ 12 destroys this temporary twice inside co_await; name it first
// expect: Shop
// expect: Address
// expect-named: "ship"
#include <string>

#include <pando/contract.hpp>
#include <pando/handler/client.hpp>

struct Address {
  std::string street;
};
struct Parcel {
  Address to;
  std::string content;
};
struct Shop : pando::controller<"shop", pando::route<"ship", void(Parcel)>> {};

pando::task<void> ship(pando::client<Shop> api) {
#ifdef PANDO_TWIN
  Address to{"Main Street"};
  co_await api.call<"ship">(to, "books");
#else
  co_await api.call<"ship">(Address{"Main Street"}, "books"); // here
#endif
}
