// The shop: one contract, served over HTTP, the Unix socket and the command line.
#include <chrono>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/pando.hpp>

#include "contract.hpp"
#include "store.hpp"

inline auto users = pando::implement<Users>(
    pando::on<"create"> = [](CreateUser in, UserStore& store) -> User {
      if (store.knows(in.email)) throw EmailTaken{in.email};
      return store.add(in.email);
    },
    pando::on<"show"> = [](UserId in, UserStore& store) -> pando::task<User> {
      std::optional<User> user = store.find(in.id);
      if (!user) throw NoSuchUser{in.id};
      co_return *user;
    },
    pando::on<"remove"> = [](UserId in, UserStore& store) {
      if (!store.remove(in.id)) throw NoSuchUser{in.id};
    },
    pando::on<"list"> = [](UserStore& store) { return store.all(); },
    pando::on<"import"> = [](ImportUsers in, UserStore& store,
                             pando::io& io) -> pando::stream<User> {
      boost::asio::steady_timer pace(co_await boost::asio::this_coro::executor);
      for (std::uint64_t done = 0; auto const& line : in.lines) {
        io.progress(++done, in.lines.size(), "importing");
        if (store.knows(line)) throw EmailTaken{line};
        User added = store.add(line);
        co_yield added;
        pace.expires_after(std::chrono::milliseconds(50));
        co_await pace.async_wait(boost::asio::use_awaitable);
      }
    });

int main(int argc, char** argv) {
  UserStore store;
  return pando::app(users).named("shop").provide(store).main(argc, argv);
}
