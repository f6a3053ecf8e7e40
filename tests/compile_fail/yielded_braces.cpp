// What is yielded in braces is a temporary too.
// only: g++ < 13
// expect-first: pando: g++ 12 destroys a yielded temporary twice; name it first
// expect: User
#include <pando/runtime/stream.hpp>

#include "support/users.hpp"

pando::stream<User> all(ImportUsers in) {
  for (auto const& line : in.lines) {
#ifdef PANDO_TWIN
    User user{1, line};
    co_yield user;
#else
    co_yield {1, line}; // here
#endif
  }
}
