// A rule of one's own that does not say what it wants.
// expect-first: pando: a rule of this pando::checked<T, rules...> cannot check its T
// expect: describe() -> text
// expect: even
#include <pando/contract.hpp>

struct even {
  static bool check(int value) { return value % 2 == 0; }
#ifdef PANDO_TWIN
  static std::string_view describe() { return "even"; }
#endif
};

struct Pair {
  pando::checked<int, even> count; // here
};

int main() {
  Pair const pair{.count = 2};
  return pando::holds(pair.count) ? 0 : 1;
}
