// A pointer inside a list of structs: the struct that has it is named.
// expect-first: pando: values of this type cannot be sent; use bool, an integer, float, double,
// expect: Shop
// expect: Line
// expect: int*
// expect-named: "buy"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Line {
#ifdef PANDO_TWIN
  int count;
#else
  int* count;
#endif
};
struct Order {
  std::vector<Line> lines;
};
struct Shop : pando::controller<"shop", pando::route<"buy", void(Order)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"buy"> = [](Order) {}); // here
