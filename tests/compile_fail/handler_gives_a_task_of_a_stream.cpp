// The handler of a stream that gives a task of it.
// expect-first: pando: the handler of a stream gives pando::stream<T> itself, not a task of it
// expect: Users
// expect: stream<User>
// expect-named: "import"
#include <pando/handler/implement.hpp>
#include <pando/runtime/stream.hpp>

#include "support/users.hpp"

pando::stream<User> none() { co_return; }

inline auto users = pando::implement<Users>( // here
    pando::on<"create"> = [](CreateUser in) { return User{1, in.email}; },
    pando::on<"show"> = [](UserId in) { return User{in.id, ""}; },
    pando::on<"list"> = [](UserStore& store) { return store.users; },
#ifdef PANDO_TWIN
    pando::on<"import"> = [](ImportUsers) { return none(); });
#else
    pando::on<"import"> = [](ImportUsers) -> pando::task<pando::stream<User>> {
      co_return none();
    });
#endif
