// A variant whose alternatives cannot be told apart on the wire.
// expect-first: pando: two alternatives of this variant have one name on the wire
// expect: put one into a struct
#include <cstdint>
#include <string>
#include <variant>

#include <pando/contract.hpp>
#include <pando/schema/type_of.hpp>

#ifdef PANDO_TWIN
using amount = std::variant<std::int64_t, std::string>;
#else
using amount = std::variant<std::int64_t, std::int32_t>;
#endif

struct Order {
  amount paid;
};

int main() {
  return pando::type_of<Order>().fields.empty() ? 1 : 0; // here
}
