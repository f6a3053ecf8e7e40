// A yielded temporary: g++ 12 would destroy it twice.
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
    co_yield User{1, line}; // here
#endif
  }
}
