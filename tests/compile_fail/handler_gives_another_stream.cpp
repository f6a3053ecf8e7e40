// The handler of a stream that gives a stream of something else.
// expect-first: pando: a handler gives its route's result, or pando::task of it
// expect: Users
// expect: stream<User>
// expect: stream<UserId>
// expect-named: "import"
#include <pando/handler/implement.hpp>
#include <pando/runtime/stream.hpp>

#include "support/users.hpp"

#ifdef PANDO_TWIN
using item = User;
#else
using item = UserId;
#endif

inline auto users = pando::implement<Users>( // here
    pando::on<"create"> = [](CreateUser in) { return User{1, in.email}; },
    pando::on<"show"> = [](UserId in) { return User{in.id, ""}; },
    pando::on<"list"> = [](UserStore& store) { return store.users; },
    pando::on<"import"> = [](ImportUsers) -> pando::stream<item> { co_return; });
