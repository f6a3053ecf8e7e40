// An app with an entity that counts things of its own. With LAMPS_METRICS set its own route is at
// /metrics.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/http/expose.hpp>
#include <pando/pando.hpp>

namespace {

struct Touch {
  std::int64_t times;
};
struct Keep {
  std::string key;
  int value = 0;
};
struct Glow {
  int ms;
};
struct Lamp
    : pando::entity<"Lamp", pando::rpc<"Touch", std::int64_t(Touch)>, pando::rpc<"Fall", void()>,
                    pando::rpc<"Glow", void(Glow)>,
                    pando::rpc<"Keep", int(Keep), pando::persisted,
                               pando::primary_key<&Keep::key>>> {};

struct Number {
  int value;
};
struct Unlucky {
  static constexpr int http_status = 409;
  int value;
};
struct Desk : pando::controller<
                  "desk", pando::route<"half", int(Number), pando::http::get<"/half/{value}">,
                                       pando::cli::command<>, pando::raises<Unlucky>>,
                  pando::route<"broken", int(), pando::http::get<"/broken">>> {};
struct Metrics
    : pando::controller<"metrics", pando::route<"all", std::string(), pando::http::get<"/">>> {};

struct LampState {
  std::int64_t touched = 0;
};

pando::counter touches;
pando::gauge lit;
pando::histogram waited;

inline auto const lamps = pando::implement<Lamp>(
    pando::state<LampState>,
    pando::on<"Touch"> =
        [](LampState& s, Touch in) {
          touches.add(static_cast<std::uint64_t>(in.times));
          lit.set(in.times);
          waited.observe(std::chrono::milliseconds(3));
          return s.touched += in.times;
        },
    pando::on<"Fall"> = []() { throw std::runtime_error("it fell"); },
    pando::on<"Glow"> = [](Glow in) -> pando::task<void> {
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                      std::chrono::milliseconds(in.ms));
      co_await timer.async_wait(boost::asio::use_awaitable);
    },
    pando::on<"Keep"> = [](Keep in) { return in.value; });
inline auto const desk = pando::implement<Desk>(
    pando::on<"half"> =
        [](Number in) {
          if (in.value % 2 != 0) throw Unlucky{in.value};
          return in.value / 2;
        },
    pando::on<"broken"> = []() -> int { throw std::runtime_error("of the app alone"); });
inline auto const own_page =
    pando::implement<Metrics>(pando::on<"all"> = [] { return std::string("the app's own"); });

template <class App>
int run(App app, int argc, char** argv) {
  app.metrics().add("lamp_touches_total", "Touches of \\ all\nlamps.", touches,
                    {{"room", "the \"red\" one\n"}, {"floor", "2"}});
  app.metrics().add("lamp_lit", "How many.", lit);
  app.metrics().add("lamp_wait_seconds", "How long they take.", waited);
  return app.main(argc, argv);
}

} // namespace

int main(int argc, char** argv) {
  auto exposed = pando::http::expose<Lamp>();
  if (std::getenv("LAMPS_METRICS") != nullptr)
    return run(pando::app(lamps, desk, own_page, exposed).named("lamps"), argc, argv);
  return run(pando::app(lamps, desk, exposed).named("lamps"), argc, argv);
}
