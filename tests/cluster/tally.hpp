// An entity that says in which process it is, and one with something outside of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/pando.hpp>

namespace tally {

struct Add {
  std::int64_t amount;
};
struct Wait {
  int ms;
};
struct Range {
  int first;
  int last;
};

struct Payment {
  std::string order;
  int ms = 0; ///< how long it takes
};
struct Paid {
  std::string order;
  int by = 0;            ///< the process
  std::int64_t when = 0; ///< tells two runs apart
};

struct Reminder {
  std::chrono::system_clock::time_point when;
};

struct Tally
    : pando::entity<"Tally", pando::rpc<"Add", std::int64_t(Add)>, pando::rpc<"Where", int()>,
                    pando::rpc<"Slow", int(Wait)>, pando::rpc<"Who", std::string()>,
                    pando::rpc<"Pay", Paid(Payment), pando::persisted,
                               pando::primary_key<&Payment::order>, pando::discardable>,
                    pando::rpc<"Remind", std::int64_t(Reminder), pando::persisted,
                               pando::deliver_at<&Reminder::when>>,
                    pando::rpc<"Numbers", pando::stream<int>(Range)>,
                    pando::rpc<"Count", pando::stream<int>(Range), pando::persisted>> {};

struct TallyState {
  std::int64_t sum = 0;
};

inline auto const tallies = pando::implement<Tally>(
    pando::state<TallyState>,
    pando::on<"Add"> = [](TallyState& s, Add in) { return s.sum += in.amount; },
    pando::on<"Where"> = [] { return static_cast<int>(::getpid()); },
    pando::on<"Slow"> = [](Wait in) -> pando::task<int> {
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                      std::chrono::milliseconds(in.ms));
      co_await timer.async_wait(boost::asio::use_awaitable);
      co_return static_cast<int>(::getpid());
    },
    pando::on<"Who"> =
        [](pando::caller const& who) {
          return std::string(who.transport) + " " + std::string(who.peer);
        },
    pando::on<"Pay"> = [](Payment in) -> pando::task<Paid> {
      if (in.ms != 0) {
        boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                        std::chrono::milliseconds(in.ms));
        co_await timer.async_wait(boost::asio::use_awaitable);
      }
      auto const now = std::chrono::steady_clock::now().time_since_epoch();
      co_return Paid{in.order, static_cast<int>(::getpid()), now.count()};
    },
    pando::on<"Remind"> =
        [](Reminder in) { // how late it is, in microseconds
          auto const late = std::chrono::system_clock::now() - in.when;
          return std::int64_t{std::chrono::duration_cast<std::chrono::microseconds>(late).count()};
        },
    pando::on<"Numbers"> = [](Range in) -> pando::stream<int> {
      for (int i = in.first; i < in.last; ++i) co_yield i;
    },
    pando::on<"Count"> = [](Range in, pando::entity_context& about) -> pando::stream<int> {
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
      auto const last = about.last_sent_chunk<int>();
      for (int i = last ? *last + 1 : in.first; i < in.last; ++i) {
        timer.expires_after(std::chrono::milliseconds(5));
        co_await timer.async_wait(boost::asio::use_awaitable);
        co_yield i;
      }
    });

/// Has something outside of its program: a file with the number of the process that holds it.
struct Space : pando::entity<"Space", pando::rpc<"Hold", int()>,
                             pando::rpc<"Close", void(), pando::persisted>> {};

struct Room {
  std::string path;
};
struct SpaceState {
  pando::entity_resource<Room> room;
};

inline pando::task<Room> take_room(std::string path) {
  std::ofstream(path) << ::getpid();
  co_return Room{std::move(path)};
}
/// The files are in TALLY_FOLDER.
inline SpaceState make_space(pando::entity_resources& outside, pando::entity_context& about) {
  char const* const folder = std::getenv("TALLY_FOLDER");
  auto path = std::string(folder == nullptr ? "." : folder) + "/room-" + std::string(about.id());
  auto acquire = [path = std::move(path)] { return take_room(path); };
  auto release = [](Room& room) { std::filesystem::remove(room.path); };
  return {pando::entity_resource<Room>(outside, acquire, release)};
}

inline auto const spaces = pando::implement<Space>(
    pando::state<SpaceState> = &make_space,
    pando::on<"Hold"> = [](SpaceState& s) -> pando::task<int> {
      auto const room = co_await s.room.get();
      co_return static_cast<int>(::getpid());
    },
    pando::on<"Close"> = [](SpaceState& s) -> pando::task<void> { co_await s.room.close(); });

} // namespace tally
