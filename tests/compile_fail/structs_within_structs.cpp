// Structs within structs beyond what is looked through.
// expect-first: pando: a type that is sent has parts within parts up to 32 deep
// expect: Shop
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

template <int Depth>
struct nested {
  nested<Depth - 1> inner;
};
template <>
struct nested<0> {
  int number;
};

#ifdef PANDO_TWIN
constexpr int depth = 8;
#else
constexpr int depth = 40;
#endif
struct Item {
  int id;
};
struct Shop : pando::controller<"shop", pando::route<"show", int(nested<depth>)>> {};

inline auto shop =
    pando::implement<Shop>(pando::on<"show"> = [](nested<depth>) { return 7; }); // here
