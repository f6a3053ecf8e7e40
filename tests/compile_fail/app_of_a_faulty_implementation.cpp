// An app of an implementation that is faulty: what is wrong was said there, and is not said again.
// expect-first: pando: this route has no handler; write pando::on<"route"> = function in implement
// expect: Users
// expect-named: "list"
#include <pando/app/app.hpp>

#include "support/users.hpp"

inline auto users = pando::implement<Users>( // here
#ifdef PANDO_TWIN
    pando::on<"list"> = [](UserStore& store) { return store.users; },
#endif
    pando::on<"create"> =
        [](CreateUser in) {
          return User{1, in.email};
        },
    pando::on<"show"> =
        [](UserId in) {
          return User{in.id, ""};
        },
    pando::on<"import"> = [](ImportUsers, User& one) -> pando::stream<User> { co_yield one; });

int main(int argc, char** argv) {
  UserStore store;
  User one{1, ""};
  return pando::app(pando::feature("users", users)).provide(store).provide(one).main(argc, argv);
}
