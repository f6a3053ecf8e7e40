// The server of the HTTP figures, as anyone would write it: two routes, plain handlers, one thread.
// `http serve --http PORT --no-socket`; benchmarks/http.sh measures it beside its peers.
#include <cstdint>
#include <string>

#include <pando/http.hpp>
#include <pando/pando.hpp>

namespace bench {

struct UserId {
  std::int64_t id;
};
struct User {
  std::int64_t id;
  std::string email;
};

struct Users : pando::controller<"user",
                   pando::route<"show", User(UserId), pando::http::get<"/{id}">>,
                   pando::route<"create", User(User), pando::http::post<"/">>> {};

auto const users = pando::implement<Users>(
    pando::on<"show"> = [](UserId in) {
      return User{in.id, "user" + std::to_string(in.id) + "@example.com"};
    },
    pando::on<"create"> = [](User in) { return in; });

} // namespace bench

int main(int argc, char** argv) { return pando::app(bench::users).main(argc, argv); }
